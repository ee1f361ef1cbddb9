/**
 * What happens when a command arrives, between the connection (frames, credits, signatures) and what a share is made of.
 *
 * <p>{@link dev.penstock.smb.command.Share} and {@link dev.penstock.smb.command.Open} are the border to the volumes: they are called on
 * the server's I/O threads, except where they say that they never block, and answer with an {@link dev.penstock.smb.command.Outcome}.
 * Everything else here runs on the loop that owns the connection, and nowhere else. A session belongs to one connection, so that its
 * tables of trees and opens need no lock. Requests of one connection may be answered out of order; the members of a related compound are
 * run strictly one after the other. [MS-SMB2] 3.3.
 */
package dev.penstock.smb.command;
