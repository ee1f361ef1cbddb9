package dev.penstock.smb.apple;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.fscc.FileMetadata;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a listing tells the Finder of a file, in the fields of FileIdBothDirectoryInformation that it has no other use for: EaSize has the
 * rights, ShortName the length of the resource fork and 16 of the Finder's bytes, Reserved2 the mode.
 *
 * @param access rights of the user, each bit for itself
 * @param resourceBytes length of the resource fork
 * @param finderInfo the Finder's 32 bytes, or null for zeros
 * @param mode type and permission bits of POSIX
 * @param plain there are no streams: the client need not ask for them
 */
public record FinderEntry(
        int access, long resourceBytes, @Nullable Blob finderInfo, int mode, boolean plain) {
    private static final int NO_XATTR = 0x0001;

    private static final int COMPRESSED = 16;

    /** What it is told of a symbolic link: in the place of the rights the tag of a reparse point, as everybody is. */
    public static FinderEntry ofLink(int tag, int mode) {
        return new FinderEntry(tag, 0, null, mode, true);
    }

    /**
     * Appends an entry, as {@link dev.penstock.smb.wire.fscc.DirectoryInformation} does.
     *
     * @param second whether the client was promised the second form
     */
    public int append(WireWriter out, int previous, String name, FileMetadata file, boolean second) {
        out.align(0, 8);
        int start = out.position();
        if (previous >= 0) {
            out.patch32(previous, start - previous);
        }
        out.i32(0).i32(0);
        out.i64(file.creation()).i64(file.access()).i64(file.write()).i64(file.change());
        out.i64(file.size()).i64(file.allocation()).i32(file.attributes()).i32(2 * name.length());
        out.i32(access);
        // The length of the short name and a reserved byte, which the second form has flags in.
        out.u16(second ? (plain ? NO_XATTR : 0) : 24);
        out.i64(file.isFolder() ? 0 : resourceBytes).bytes(compressed(file.isFolder()));
        out.u16(mode & 0xFFFF).i64(file.fileId()).utf16(name);
        return start;
    }

    /** Type and creator (of a folder: nothing), flags, extended flags, date of addition: as they are on disk, big-endian. */
    private byte[] compressed(boolean folder) {
        var bytes = new byte[COMPRESSED];
        if (finderInfo != null) {
            ByteBuffer info = finderInfo.buffer();
            if (!folder) {
                info.get(0, bytes, 0, 8);
            }
            info.get(8, bytes, 8, 2);
            info.get(24, bytes, 10, 2);
            info.get(20, bytes, 12, 4);
        }
        return bytes;
    }
}
