/** The server's builder, configuration and life cycle. Any thread. */
package dev.penstock.smb.server;
