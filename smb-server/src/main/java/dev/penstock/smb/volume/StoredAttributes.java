package dev.penstock.smb.volume;

import dev.penstock.smb.volume.posix.Blocks;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.fscc.FileMetadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a client has set and POSIX has no place for: kept in one extended attribute, and only where it differs from what would be reported
 * anyway, so that most files carry none.
 *
 * @param attributes the settable bits of {@link FileAttributes}
 * @param creation FILETIME, or 0 for the file system's own
 * @param change FILETIME that a client has set as the time of change, or 0; POSIX does not let anybody set its own
 * @param changeHolds the time of modification beside which {@code change} was set: it holds until the data changes
 */
record StoredAttributes(int attributes, long creation, long change, long changeHolds) {
    private static final String NAME = "user.penstock.dos";
    private static final int BYTES = 29;
    private static final byte VERSION = 1;
    private static final long CLUSTER = 4096;

    /** File ids below this are taken for reserved by Macs. */
    private static final long FIRST_FILE_ID = 17;

    /** What a file has that nobody has set anything of. */
    static StoredAttributes initial(FileStat stat) {
        return new StoredAttributes(stat.isFile() ? FileAttributes.ARCHIVE : 0, 0, 0, 0);
    }

    static StoredAttributes of(FileHandle file, FileStat stat) throws PosixException {
        return decode(Posix.attribute(file, NAME, BYTES), stat);
    }

    static StoredAttributes of(FileHandle parent, String name, FileStat stat) throws PosixException {
        return stat.isLink() ? initial(stat) : decode(Posix.attribute(parent, name, NAME, BYTES), stat);
    }

    /** Of the entry that a folder's reader is at. */
    static StoredAttributes of(FolderReader entry, FileStat stat) throws PosixException {
        return decode(entry.attribute(NAME, BYTES), stat);
    }

    private static StoredAttributes decode(byte @Nullable [] bytes, FileStat stat) {
        if (bytes == null || bytes.length != BYTES || bytes[0] != VERSION) {
            return initial(stat);
        }
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new StoredAttributes(
                in.getInt(1) & (FileAttributes.SETTABLE | FileAttributes.SPARSE_FILE),
                in.getLong(5),
                in.getLong(13),
                in.getLong(21));
    }

    /** Keeps them with the file. */
    void store(FileHandle file, FileStat stat) throws PosixException {
        if (stat.isLink()) {
            return; // has no room for any
        }
        if (equals(initial(stat))) {
            Posix.setAttribute(file, NAME, null);
        } else {
            Posix.setAttribute(
                    file,
                    NAME,
                    new WireWriter(BYTES)
                            .u8(VERSION)
                            .i32(attributes)
                            .i64(creation)
                            .i64(change)
                            .i64(changeHolds)
                            .toArray());
        }
    }

    /**
     * The id of a file, which is the same as long as the file is, and no other's: Macs keep what they know of a file under it, and aliases
     * hold it for years. The inode alone is given to the next file as soon as one is removed, and is not alone where other file systems or
     * snapshots are mounted below the root; so the time of creation and the device go into it. Of a million files two have the same id with
     * a probability of one in ten million. Never one that Macs take for reserved.
     */
    static long fileId(FileStat stat) {
        long id = mixed(mixed(stat.device()) + (stat.born() ? stat.birth() : 0)) + stat.inode();
        id = mixed(id) & Long.MAX_VALUE; // some clients' numbers have a sign
        return id < FIRST_FILE_ID ? id | 1L << 62 : id;
    }

    /** Spreads a number over all bits, each to one of its own: the end of SplitMix64. */
    private static long mixed(long number) {
        long z = number + 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /**
     * Everything that is reported of a file that is known by its name only.
     *
     * <p>ext4 and XFS count the block that holds long extended attributes among the file's. One block more than the length needs is taken for
     * that one; where somebody has set just one block aside, it is not told of in listings.
     */
    FileMetadata metadata(FileStat stat) {
        return metadata(stat, stat.allocated() - (spare(stat) == CLUSTER ? CLUSTER : 0));
    }

    /** Everything that is reported of an open file. */
    FileMetadata metadata(FileHandle file, FileStat stat) {
        // What holds no more blocks than its length needs is spared the call.
        return metadata(stat, spare(stat) > 0 ? Blocks.ofData(file, stat.allocated()) : stat.allocated());
    }

    private static long spare(FileStat stat) {
        return !stat.isFile() ? 0 : stat.allocated() - roundedUp(stat.size());
    }

    private static long roundedUp(long bytes) {
        return (bytes + CLUSTER - 1) & -CLUSTER;
    }

    private FileMetadata metadata(FileStat stat, long allocated) {
        int bits = attributes | (stat.isFolder() ? FileAttributes.DIRECTORY : 0);
        bits |= stat.isLink() ? FileAttributes.REPARSE_POINT : 0;
        boolean folder = !stat.isFile(); // a link has no data of its own either
        return new FileMetadata(
                creation != 0 ? creation : stat.birth(),
                stat.accessed(),
                stat.modified(),
                change != 0 && changeHolds == stat.modified() ? change : stat.changed(),
                folder ? 0 : roundedUp(allocated),
                folder ? 0 : stat.size(),
                bits == 0 ? FileAttributes.NORMAL : bits,
                fileId(stat),
                stat.links(),
                0);
    }
}
