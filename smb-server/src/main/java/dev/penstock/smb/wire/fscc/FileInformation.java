package dev.penstock.smb.wire.fscc;

import org.jspecify.annotations.Nullable;

/** File information as QUERY_INFO returns it. [MS-FSCC] 2.4. */
public final class FileInformation {
    /** FileBasicInformation. */
    public static final int BASIC = 4;
    /** FileStandardInformation. */
    public static final int STANDARD = 5;
    /** FileInternalInformation. */
    public static final int INTERNAL = 6;
    /** FileEaInformation. */
    public static final int EA = 7;
    /** FileAccessInformation. */
    public static final int ACCESS = 8;
    /** FileRenameInformation, set only. */
    public static final int RENAME = 10;
    /** FileLinkInformation, set only. */
    public static final int LINK = 11;
    /** FileDispositionInformation, set only. */
    public static final int DISPOSITION = 13;
    /** FilePositionInformation. */
    public static final int POSITION = 14;
    /** FileFullEaInformation. */
    public static final int FULL_EA = 15;
    /** FileModeInformation. */
    public static final int MODE = 16;
    /** FileAlignmentInformation. */
    public static final int ALIGNMENT = 17;
    /** FileAllInformation. */
    public static final int ALL = 18;
    /** FileAllocationInformation, set only. */
    public static final int ALLOCATION = 19;
    /** FileEndOfFileInformation, set only. */
    public static final int END_OF_FILE = 20;
    /** FileAlternateNameInformation. */
    public static final int ALTERNATE_NAME = 21;
    /** FileStreamInformation. */
    public static final int STREAM = 22;
    /** FileCompressionInformation. */
    public static final int COMPRESSION = 28;
    /** FileNetworkOpenInformation. */
    public static final int NETWORK_OPEN = 34;
    /** FileAttributeTagInformation. */
    public static final int ATTRIBUTE_TAG = 35;
    /** FileValidDataLengthInformation, set only. */
    public static final int VALID_DATA_LENGTH = 39;
    /** FileNormalizedNameInformation. */
    public static final int NORMALIZED_NAME = 48;
    /** FileIdInformation. */
    public static final int ID = 59;

    private FileInformation() {}

    /**
     * What only an open knows of itself.
     *
     * @param name path from the root of the share, components separated by a backslash, without a leading one
     * @param access granted access mask
     * @param mode create options that FileModeInformation reports
     * @param position current byte offset, kept for the client
     */
    public record OpenFacts(String name, int access, int mode, long position, boolean deletePending) {}

    /**
     * The least buffer that a client must offer for a class, in bytes, or -1 for a class that is not known.
     *
     * <p>A smaller buffer is an INFO_LENGTH_MISMATCH; between this and the whole, the answer is cut and says BUFFER_OVERFLOW.
     */
    public static int fixedSize(int informationClass) {
        return switch (informationClass) {
            case BASIC -> 40;
            case STANDARD -> 24;
            case INTERNAL -> 8;
            case EA, ACCESS, MODE, ALIGNMENT, FULL_EA -> 4;
            case POSITION, ATTRIBUTE_TAG -> 8;
            case ALL -> 104;
            case ALTERNATE_NAME, NORMALIZED_NAME -> 8;
            case STREAM -> 32;
            case COMPRESSION -> 16;
            case NETWORK_OPEN -> 56;
            case ID -> 24;
            default -> -1;
        };
    }

    /** Encodes a class; null for one that cannot be queried this way. */
    public static byte @Nullable [] encode(int informationClass, FileMetadata file, OpenFacts open, long volume) {
        var out = new InformationWriter(128);
        switch (informationClass) {
            case BASIC -> basic(out, file);
            case STANDARD -> standard(out, file, open);
            case INTERNAL -> out.u64(file.fileId());
            case EA -> out.u32(0);
            case ACCESS -> out.u32(open.access());
            case POSITION -> out.u64(open.position());
            case MODE -> out.u32(open.mode());
            case ALIGNMENT -> out.u32(0);
            case ALL -> all(out, file, open);
            case NORMALIZED_NAME -> name(out, open.name());
            case STREAM -> stream(out, file);
            case COMPRESSION -> out.u64(file.size()).zeros(8);
            case NETWORK_OPEN -> networkOpen(out, file);
            case ATTRIBUTE_TAG -> out.u32(file.attributes()).u32(0);
            case ID -> out.u64(volume).u64(file.fileId()).u64(0);
            default -> {
                return null;
            }
        }
        return out.toBytes();
    }

    private static void basic(InformationWriter out, FileMetadata file) {
        out.u64(file.creation()).u64(file.access()).u64(file.write()).u64(file.change());
        out.u32(file.attributes()).u32(0);
    }

    private static void standard(InformationWriter out, FileMetadata file, OpenFacts open) {
        // A name about to be deleted no longer counts as a link.
        int links = file.links() - (open.deletePending() ? 1 : 0);
        out.u64(file.allocation()).u64(file.size()).u32(links);
        out.u8(open.deletePending() ? 1 : 0).u8(file.isFolder() ? 1 : 0).u16(0);
    }

    private static void all(InformationWriter out, FileMetadata file, OpenFacts open) {
        basic(out, file);
        standard(out, file, open);
        out.u64(file.fileId()).u32(0).u32(open.access()).u64(open.position());
        out.u32(open.mode()).u32(0);
        name(out, "\\" + open.name());
    }

    private static void name(InformationWriter out, String name) {
        byte[] utf16 = InformationWriter.utf16(name);
        out.u32(utf16.length).raw(utf16);
    }

    /** The one stream of a file is its data; a folder has none. */
    private static void stream(InformationWriter out, FileMetadata file) {
        if (!file.isFolder()) {
            byte[] name = InformationWriter.utf16("::$DATA");
            out.u32(0).u32(name.length).u64(file.size()).u64(file.allocation()).raw(name);
        }
    }

    private static void networkOpen(InformationWriter out, FileMetadata file) {
        out.u64(file.creation()).u64(file.access()).u64(file.write()).u64(file.change());
        out.u64(file.allocation()).u64(file.size()).u32(file.attributes()).u32(0);
    }
}
