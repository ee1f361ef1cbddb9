package dev.penstock.smb.wire.fscc;

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
    public static int append(
            InformationWriter out, int previous, int informationClass, String name, FileMetadata file) {
        out.align(8);
        int start = out.size();
        if (previous >= 0) {
            out.set32(previous, start - previous);
        }
        byte[] utf16 = InformationWriter.utf16(name);
        out.u32(0).u32(0); // NextEntryOffset, FileIndex
        if (informationClass == NAMES) {
            out.u32(utf16.length).raw(utf16);
            return start;
        }
        out.u64(file.creation()).u64(file.access()).u64(file.write()).u64(file.change());
        out.u64(file.size()).u64(file.allocation()).u32(file.attributes()).u32(utf16.length);
        switch (informationClass) {
            case FULL_DIRECTORY -> out.u32(0);
            case BOTH_DIRECTORY -> out.u32(0).zeros(26); // EaSize, ShortNameLength, Reserved, ShortName
            case ID_BOTH_DIRECTORY -> out.u32(0).zeros(28).u64(file.fileId());
            case ID_FULL_DIRECTORY -> out.u32(0).u32(0).u64(file.fileId());
            default -> {}
        }
        out.raw(utf16);
        return start;
    }

    /** Bytes that {@link #append} would add to a buffer of this size. */
    public static int cost(int size, int informationClass, String name) {
        return (-size & 7) + fixedSize(informationClass) + 2 * name.length();
    }
}
