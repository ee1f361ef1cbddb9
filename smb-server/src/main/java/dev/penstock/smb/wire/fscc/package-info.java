/**
 * File and file system information as [MS-FSCC] lays it out: pure codecs without I/O or state. Every number is little-endian; times are
 * FILETIMEs, 100 ns since 1601-01-01 UTC.
 */
package dev.penstock.smb.wire.fscc;
