package dev.penstock.smb.wire.fscc;

/**
 * What the information classes report of one file.
 *
 * @param creation FILETIME
 * @param access FILETIME of the last access
 * @param write FILETIME of the last write
 * @param change FILETIME of the last change of anything
 * @param allocation bytes set aside, a multiple of the cluster
 * @param size end of file, in bytes; 0 for a folder
 * @param attributes see {@link FileAttributes}, at least one bit
 * @param fileId unique on the volume, never 0
 * @param links names that the file has
 * @param eaSize bytes of its extended attributes, 0 where nobody asked for them
 */
public record FileMetadata(
        long creation,
        long access,
        long write,
        long change,
        long allocation,
        long size,
        int attributes,
        long fileId,
        int links,
        int eaSize) {
    /** The same with another time of the last write. */
    public FileMetadata withWrite(long time) {
        return time == write
                ? this
                : new FileMetadata(creation, access, time, change, allocation, size, attributes, fileId, links, eaSize);
    }

    /** The same with the size of the extended attributes. */
    public FileMetadata withEaSize(int bytes) {
        return bytes == eaSize
                ? this
                : new FileMetadata(creation, access, write, change, allocation, size, attributes, fileId, links, bytes);
    }

    /** The same for a stream of the file or folder. */
    public FileMetadata ofStream(long space, long length) {
        int bits = attributes & ~FileAttributes.DIRECTORY;
        return new FileMetadata(
                creation,
                access,
                write,
                change,
                space,
                length,
                bits == 0 ? FileAttributes.NORMAL : bits,
                fileId,
                links,
                eaSize);
    }

    /** Whether it is a folder. */
    public boolean isFolder() {
        return (attributes & FileAttributes.DIRECTORY) != 0;
    }
}
