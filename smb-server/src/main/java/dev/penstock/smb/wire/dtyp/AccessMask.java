package dev.penstock.smb.wire.dtyp;

/** Rights to a file or folder. [MS-DTYP] 2.4.3, [MS-SMB2] 2.2.13.1. */
public final class AccessMask {
    /** Read data; list a folder. */
    public static final int READ_DATA = 0x0000_0001;
    /** Write data; add a file to a folder. */
    public static final int WRITE_DATA = 0x0000_0002;
    /** Append data; add a folder to a folder. */
    public static final int APPEND_DATA = 0x0000_0004;
    /** Read extended attributes. */
    public static final int READ_EA = 0x0000_0008;
    /** Write extended attributes. */
    public static final int WRITE_EA = 0x0000_0010;
    /** Execute a file; pass through a folder. */
    public static final int EXECUTE = 0x0000_0020;
    /** Delete what is in a folder. */
    public static final int DELETE_CHILD = 0x0000_0040;
    /** Read attributes. */
    public static final int READ_ATTRIBUTES = 0x0000_0080;
    /** Write attributes. */
    public static final int WRITE_ATTRIBUTES = 0x0000_0100;
    /** Delete. */
    public static final int DELETE = 0x0001_0000;
    /** Read the security descriptor. */
    public static final int READ_CONTROL = 0x0002_0000;
    /** Change the DACL. */
    public static final int WRITE_DAC = 0x0004_0000;
    /** Change the owner. */
    public static final int WRITE_OWNER = 0x0008_0000;
    /** Wait on the handle; means nothing to a server, and is granted. */
    public static final int SYNCHRONIZE = 0x0010_0000;
    /** Read and change the SACL. */
    public static final int ACCESS_SYSTEM_SECURITY = 0x0100_0000;
    /** Whatever the caller may have. */
    public static final int MAXIMUM_ALLOWED = 0x0200_0000;
    /** All rights. */
    public static final int GENERIC_ALL = 0x1000_0000;
    /** To execute. */
    public static final int GENERIC_EXECUTE = 0x2000_0000;
    /** To write. */
    public static final int GENERIC_WRITE = 0x4000_0000;
    /** To read. */
    public static final int GENERIC_READ = 0x8000_0000;

    /** Every right to a file. */
    public static final int FILE_ALL = 0x001F_01FF;
    /** What GENERIC_READ stands for. */
    public static final int FILE_GENERIC_READ = READ_CONTROL | SYNCHRONIZE | READ_DATA | READ_EA | READ_ATTRIBUTES;
    /** What GENERIC_WRITE stands for. */
    public static final int FILE_GENERIC_WRITE =
            READ_CONTROL | SYNCHRONIZE | WRITE_DATA | APPEND_DATA | WRITE_EA | WRITE_ATTRIBUTES;
    /** What GENERIC_EXECUTE stands for. */
    public static final int FILE_GENERIC_EXECUTE = READ_CONTROL | SYNCHRONIZE | EXECUTE | READ_ATTRIBUTES;

    /** Bits that no request may carry. */
    public static final int RESERVED = ~(FILE_ALL
            | ACCESS_SYSTEM_SECURITY
            | MAXIMUM_ALLOWED
            | GENERIC_ALL
            | GENERIC_EXECUTE
            | GENERIC_WRITE
            | GENERIC_READ);

    private AccessMask() {}

    /** Replaces the generic rights by what they stand for with a file. */
    public static int expand(int mask) {
        int expanded = mask & ~(GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ);
        expanded |= (mask & GENERIC_ALL) != 0 ? FILE_ALL : 0;
        expanded |= (mask & GENERIC_READ) != 0 ? FILE_GENERIC_READ : 0;
        expanded |= (mask & GENERIC_WRITE) != 0 ? FILE_GENERIC_WRITE : 0;
        expanded |= (mask & GENERIC_EXECUTE) != 0 ? FILE_GENERIC_EXECUTE : 0;
        return expanded;
    }
}
