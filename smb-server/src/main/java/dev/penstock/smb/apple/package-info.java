/**
 * What Apple's client asks for beyond [MS-SMB2]: the create context AAPL, the metadata of the Finder, names of streams. Apple documents
 * none of it; the source is the client's own code in SMBClient and what servers answer it. Pure codecs and rules, without I/O or state.
 */
package dev.penstock.smb.apple;
