package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.WireWriter;
import org.jspecify.annotations.Nullable;

/** File system information as QUERY_INFO returns it. [MS-FSCC] 2.5. */
public final class FileSystemInformation {
    /** FileFsVolumeInformation. */
    public static final int VOLUME = 1;
    /** FileFsSizeInformation. */
    public static final int SIZE = 3;
    /** FileFsDeviceInformation. */
    public static final int DEVICE = 4;
    /** FileFsAttributeInformation. */
    public static final int ATTRIBUTE = 5;
    /** FileFsControlInformation. */
    public static final int CONTROL = 6;
    /** FileFsFullSizeInformation. */
    public static final int FULL_SIZE = 7;
    /** FileFsObjectIdInformation. */
    public static final int OBJECT_ID = 8;
    /** FileFsSectorSizeInformation. */
    public static final int SECTOR_SIZE = 11;

    private static final int FILE_DEVICE_DISK = 7;
    private static final int FILE_DEVICE_IS_MOUNTED = 0x20;

    /** NTFS reports it, too, although names are looked up without regard to case. */
    private static final int FILE_CASE_SENSITIVE_SEARCH = 0x0000_0001;

    private static final int FILE_CASE_PRESERVED_NAMES = 0x0000_0002;

    private static final int FILE_UNICODE_ON_DISK = 0x0000_0004;
    private static final int FILE_PERSISTENT_ACLS = 0x0000_0008;
    private static final int FILE_SUPPORTS_SPARSE_FILES = 0x0000_0040;

    private static final int FILE_SUPPORTS_REPARSE_POINTS = 0x0000_0080;
    private static final int FILE_NAMED_STREAMS = 0x0004_0000;
    private static final int FILE_SUPPORTS_BLOCK_REFCOUNTING = 0x0800_0000;

    private static final int SECTOR = 512;

    private FileSystemInformation() {}

    /**
     * What is reported of a volume.
     *
     * @param created FILETIME
     * @param cluster allocation unit in bytes, a multiple of 512
     * @param total clusters in all
     * @param available clusters that the caller may use
     * @param free clusters that are free
     * @param objectId names the volume; the second half of the 16 bytes is zero
     * @param sharesBlocks whether files can have blocks in common
     */
    public record Volume(
            String label,
            int serial,
            long created,
            long cluster,
            long total,
            long available,
            long free,
            long objectId,
            boolean sharesBlocks) {}

    /** The least buffer that a client must offer for a class, in bytes, or -1 for a class that is not known. */
    public static int fixedSize(int informationClass) {
        return switch (informationClass) {
            case VOLUME, SIZE -> 24;
            case DEVICE -> 8;
            case ATTRIBUTE -> 16;
            case CONTROL -> 48;
            case FULL_SIZE -> 32;
            case OBJECT_ID -> 64;
            case SECTOR_SIZE -> 28;
            default -> -1;
        };
    }

    /** Encodes a class; null for one that is not known. */
    public static byte @Nullable [] encode(int informationClass, Volume volume) {
        var out = new WireWriter(64);
        int sectors = (int) (volume.cluster / SECTOR);
        switch (informationClass) {
            case VOLUME -> {
                String label = volume.label;
                out.i64(volume.created)
                        .i32(volume.serial)
                        .i32(2 * label.length())
                        .u16(0)
                        .utf16(label);
            }
            case SIZE ->
                out.i64(volume.total).i64(volume.available).i32(sectors).i32(SECTOR);
            case DEVICE -> out.i32(FILE_DEVICE_DISK).i32(FILE_DEVICE_IS_MOUNTED);
            case ATTRIBUTE -> {
                // Clients take other names than NTFS for a file system without metadata.
                String name = "NTFS";
                out.i32(FILE_CASE_SENSITIVE_SEARCH
                        | FILE_CASE_PRESERVED_NAMES
                        | FILE_UNICODE_ON_DISK
                        | FILE_PERSISTENT_ACLS
                        | FILE_SUPPORTS_SPARSE_FILES
                        | FILE_SUPPORTS_REPARSE_POINTS
                        | FILE_NAMED_STREAMS
                        | (volume.sharesBlocks ? FILE_SUPPORTS_BLOCK_REFCOUNTING : 0));
                out.i32(255).i32(2 * name.length()).utf16(name);
            }
            case CONTROL -> out.zeros(24).i64(-1).i64(-1).zeros(8); // no quotas are kept
            case FULL_SIZE ->
                out.i64(volume.total)
                        .i64(volume.available)
                        .i64(volume.free)
                        .i32(sectors)
                        .i32(SECTOR);
            case OBJECT_ID -> out.i64(volume.objectId).zeros(56);
            case SECTOR_SIZE -> {
                int physical = (int) Math.min(volume.cluster, 4096);
                out.i32(SECTOR).i32(physical).i32(physical).i32(physical);
                out.i32(0x3).i32(0).i32(0); // aligned device, partition aligned
            }
            default -> {
                return null;
            }
        }
        return out.toArray();
    }
}
