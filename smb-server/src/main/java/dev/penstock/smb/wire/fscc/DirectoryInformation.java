package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.WireWriter;

/** Entries of a folder as QUERY_DIRECTORY returns them. [MS-FSCC] 2.4. */
public final class DirectoryInformation {
    /** FileDirectoryInformation. */
    public static final int DIRECTORY = 1;
    /** FileFullDirectoryInformation. */
    public static final int FULL_DIRECTORY = 2;
    /** FileBothDirectoryInformation. */
    public static final int BOTH_DIRECTORY = 3;
    /** FileNamesInformation. */
    public static final int NAMES = 12;
    /** FileIdBothDirectoryInformation. */
    public static final int ID_BOTH_DIRECTORY = 37;
    /** FileIdFullDirectoryInformation. */
    public static final int ID_FULL_DIRECTORY = 38;

    private DirectoryInformation() {}

    /** Bytes of an entry before its name, or -1 for a class that is not known. */
    public static int fixedSize(int informationClass) {
        return switch (informationClass) {
            case DIRECTORY -> 64;
            case FULL_DIRECTORY -> 68;
            case BOTH_DIRECTORY -> 94;
            case NAMES -> 12;
            case ID_BOTH_DIRECTORY -> 104;
            case ID_FULL_DIRECTORY -> 80;
            default -> -1;
        };
    }

    /**
     * Appends an entry, aligned to 8 bytes, and links the one before it to it. NextEntryOffset of the new one is 0.
     *
     * @param previous where the entry before starts, or -1
     * @return where this one starts
     */
    public static int append(WireWriter out, int previous, int informationClass, String name, FileMetadata file) {
        out.align(0, 8);
        int start = out.position();
        if (previous >= 0) {
            out.patch32(previous, start - previous);
        }
        out.i32(0).i32(0); // NextEntryOffset, FileIndex
        if (informationClass == NAMES) {
            out.i32(2 * name.length()).utf16(name);
            return start;
        }
        out.i64(file.creation()).i64(file.access()).i64(file.write()).i64(file.change());
        out.i64(file.size()).i64(file.allocation()).i32(file.attributes()).i32(2 * name.length());
        switch (informationClass) {
            case FULL_DIRECTORY -> out.i32(file.eaSize());
            case BOTH_DIRECTORY -> out.i32(file.eaSize()).zeros(26); // EaSize, ShortNameLength, Reserved, ShortName
            case ID_BOTH_DIRECTORY -> out.i32(file.eaSize()).zeros(28).i64(file.fileId());
            case ID_FULL_DIRECTORY -> out.i32(file.eaSize()).i32(0).i64(file.fileId());
            default -> {}
        }
        out.utf16(name);
        return start;
    }

    /** Whether entries of a class tell the size of the extended attributes. */
    public static boolean hasEaSize(int informationClass) {
        return informationClass != DIRECTORY && informationClass != NAMES;
    }

    /** Bytes that {@link #append} would add to a buffer of this size. */
    public static int cost(int size, int informationClass, String name) {
        return (-size & 7) + fixedSize(informationClass) + 2 * name.length();
    }
}
