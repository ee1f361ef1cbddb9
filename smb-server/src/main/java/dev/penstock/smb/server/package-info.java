/**
 * The server as a whole: what it is made of, its start and its end. Start and close come once each, from any thread; the figures may be
 * asked for at any time.
 */
package dev.penstock.smb.server;
