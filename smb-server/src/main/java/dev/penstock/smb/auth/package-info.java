/**
 * Who is there: SPNEGO (RFC 4178, [MS-SPNG]) around NTLMv2 ([MS-NLMP]). NTLMv1, LM, guest and nobody are refused; but a session that is
 * there already may become nobody's. An {@link dev.penstock.smb.auth.Authentication} belongs to the loop of its connection;
 * {@link dev.penstock.smb.auth.UserStore} and {@link dev.penstock.smb.auth.FailureDelay} are shared and thread-safe, each under its own
 * lock, of which none is held while another is taken.
 */
package dev.penstock.smb.auth;
