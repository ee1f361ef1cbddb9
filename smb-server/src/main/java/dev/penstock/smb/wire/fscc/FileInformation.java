package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.WireWriter;
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
        var out = new WireWriter(128);
        switch (informationClass) {
            case BASIC -> basic(out, file);
            case STANDARD -> standard(out, file, open);
            case INTERNAL -> out.i64(file.fileId());
            case EA -> out.i32(file.eaSize());
            case ACCESS -> out.i32(open.access());
            case POSITION -> out.i64(open.position());
            case MODE -> out.i32(open.mode());
            case ALIGNMENT -> out.i32(0);
            case ALL -> all(out, file, open);
            case ALTERNATE_NAME -> out.i32(0); // there are no 8.3 names
            case NORMALIZED_NAME -> name(out, open.name());
            case COMPRESSION -> out.i64(file.size()).zeros(8);
            case NETWORK_OPEN -> networkOpen(out, file);
            case ATTRIBUTE_TAG ->
                out.i32(file.attributes())
                        .i32((file.attributes() & FileAttributes.REPARSE_POINT) != 0 ? SymbolicLink.TAG : 0);
            case ID -> out.i64(volume).i64(file.fileId()).i64(0);
            default -> {
                return null;
            }
        }
        return out.toArray();
    }

    private static void basic(WireWriter out, FileMetadata file) {
        out.i64(file.creation()).i64(file.access()).i64(file.write()).i64(file.change());
        out.i32(file.attributes()).i32(0);
    }

    private static void standard(WireWriter out, FileMetadata file, OpenFacts open) {
        // A name about to be deleted no longer counts as a link.
        int links = file.links() - (open.deletePending() ? 1 : 0);
        out.i64(file.allocation()).i64(file.size()).i32(links);
        out.u8(open.deletePending() ? 1 : 0).u8(file.isFolder() ? 1 : 0).u16(0);
    }

    private static void all(WireWriter out, FileMetadata file, OpenFacts open) {
        basic(out, file);
        standard(out, file, open);
        out.i64(file.fileId()).i32(file.eaSize()).i32(open.access()).i64(open.position());
        out.i32(open.mode()).i32(0);
        name(out, "\\" + open.name());
    }

    private static void name(WireWriter out, String name) {
        out.i32(2 * name.length()).utf16(name);
    }

    private static void networkOpen(WireWriter out, FileMetadata file) {
        out.i64(file.creation()).i64(file.access()).i64(file.write()).i64(file.change());
        out.i64(file.allocation()).i64(file.size()).i32(file.attributes()).i32(0);
    }
}
