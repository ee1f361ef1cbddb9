/**
 * One handler per command, after one table of rules and one dispatcher that makes every check which commands have in common, in the order
 * of [MS-SMB2] 3.3.5.2. All of it runs on the loop of the connection; what may block is handed to the server's I/O threads and comes back.
 */
package dev.penstock.smb.handler;
