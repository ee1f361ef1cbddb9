package dev.penstock.smb.wire.fscc;

/** The attribute bits that are kept or reported. [MS-FSCC] 2.6. */
public final class FileAttributes {
    /** Not to be written. */
    public static final int READONLY = 0x0000_0001;
    /** Not shown by default. */
    public static final int HIDDEN = 0x0000_0002;
    /** Belongs to the operating system. */
    public static final int SYSTEM = 0x0000_0004;
    /** A folder. */
    public static final int DIRECTORY = 0x0000_0010;
    /** Changed since the last backup; Macs read its absence as a flag of theirs, so ordinary files carry it. */
    public static final int ARCHIVE = 0x0000_0020;
    /** No other attribute; valid alone only. */
    public static final int NORMAL = 0x0000_0080;
    /** Temporary. */
    public static final int TEMPORARY = 0x0000_0100;
    /** Has holes. */
    public static final int SPARSE_FILE = 0x0000_0200;
    /** A link or another point of reparsing. */
    public static final int REPARSE_POINT = 0x0000_0400;
    /** Data is not immediately to be had. */
    public static final int OFFLINE = 0x0000_1000;
    /** Left out of the index of contents. */
    public static final int NOT_CONTENT_INDEXED = 0x0000_2000;

    /** What a client may set and the volume keeps. */
    public static final int SETTABLE = READONLY | HIDDEN | SYSTEM | ARCHIVE | TEMPORARY | OFFLINE | NOT_CONTENT_INDEXED;

    /** What a CREATE may name; with any other bit it is invalid, as with Windows. */
    public static final int CREATABLE = 0x7FB7;

    private FileAttributes() {}
}
