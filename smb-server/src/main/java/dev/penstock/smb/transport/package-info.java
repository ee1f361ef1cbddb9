/**
 * What a connection needs of whatever carries it, so that the rest of the server cannot tell TCP from RDMA. A link's methods are called on
 * its loop, except where they say otherwise, and its handler is called there.
 */
package dev.penstock.smb.transport;
