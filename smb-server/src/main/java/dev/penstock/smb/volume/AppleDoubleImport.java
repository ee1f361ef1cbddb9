package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.apple.AppleDouble;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what Macs have left in {@code ._} files, beside files that came from a disk or a server that keeps no streams: the Finder's
 * bytes, the resource fork and extended attributes become streams, and the file goes. What is a stream already stays as it is, and a file
 * that is not understood, or that somebody has open, is left alone.
 */
final class AppleDoubleImport {
    private static final Logger LOG = LoggerFactory.getLogger(AppleDoubleImport.class);
    private static final String PREFIX = "._";
    private static final int CHUNK = 1 << 20;

    /** One at a time: two that take in the same file would disturb each other, and there are few. */
    private static final ReentrantLock LOCK = new ReentrantLock();

    private AppleDoubleImport() {}

    static boolean isAppleDouble(String name) {
        return name.startsWith(PREFIX) && name.length() > PREFIX.length();
    }

    /** The name of the file that it belongs to. */
    static String owner(String name) {
        return name.substring(PREFIX.length());
    }

    /** Looks for the file beside {@code name}, and takes it in; true where there was one. */
    static boolean takeIn(LocalVolume volume, FileHandle folder, String name) {
        String beside = PREFIX + name;
        LOCK.lock();
        try {
            FileStat stat = Posix.stat(folder, beside);
            Node open = volume.nodes().holdIfPresent(NodeKey.of(stat));
            if (open != null) {
                volume.nodes().release(open);
                return false;
            }
            if (!stat.isFile() || stat.size() == 0) {
                return false;
            }
            try (FileHandle file = Posix.open(folder, beside, false, Posix.Creation.NEVER, 0)) {
                return takeIn(volume, folder, name, file, stat.size());
            }
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENAMETOOLONG) {
                LOG.warn("taking in {}: {}", beside, e.getMessage());
            }
            return false;
        } finally {
            LOCK.unlock();
        }
    }

    private static boolean takeIn(LocalVolume volume, FileHandle folder, String name, FileHandle file, long size)
            throws PosixException {
        AppleDouble contents;
        try (var arena = Arena.ofConfined()) {
            var start = arena.allocate(Math.min(size, AppleDouble.MOST_HEADER));
            long n = Posix.read(file, start, 0);
            contents = AppleDouble.decode(start.asSlice(0, n).asByteBuffer(), size);
        } catch (MalformedMessage _) {
            return false;
        }
        FileStat stat = Posix.stat(folder, name);
        if (!stat.isFile() && !stat.isFolder()) {
            return false;
        }
        try (FileHandle owner = stat.isFolder()
                ? Posix.openFolder(folder, name)
                : Posix.open(folder, name, false, Posix.Creation.NEVER, 0)) {
            FileHandle home = stat.isFolder() ? owner : folder;
            byte[] finder = contents.finderInfo().toArray();
            if (finder.length > 0) {
                byte[] info = AfpInfo.of(finder);
                if (AfpInfo.finderInfo(info) != null) {
                    add(owner, home, AfpInfo.STREAM, Blob.of(info));
                }
            }
            for (AppleDouble.Attribute attribute : contents.attributes()) {
                add(owner, home, DiskNames.toWire(attribute.name()), attribute.value());
            }
            if (contents.resource().length() > 0 && !stat.isFolder()) {
                addResource(owner, home, file, contents);
            }
            Posix.sync(owner);
        }
        volume.names().change(folder, PREFIX + name, null, () -> Posix.remove(folder, PREFIX + name, false));
        return true;
    }

    private static void add(FileHandle owner, FileHandle home, String stream, Blob value) throws PosixException {
        if (value.isEmpty() || stream.isEmpty() || Forks.find(owner, stream) != null) {
            return;
        }
        try (Fork fork = Forks.create(owner, home, stream)) {
            fork.set(owner, home, value.toArray());
        }
    }

    private static void addResource(FileHandle owner, FileHandle home, FileHandle file, AppleDouble contents)
            throws PosixException {
        if (Forks.find(owner, AfpInfo.RESOURCE) != null) {
            return;
        }
        long offset = contents.resource().offset();
        long length = contents.resource().length();
        try (Fork fork = Forks.create(owner, home, AfpInfo.RESOURCE);
                var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.min(length, CHUNK));
            for (long done = 0; done < length; ) {
                MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), length - done));
                long n = Posix.read(file, part, offset + done);
                if (n == 0) {
                    break;
                }
                fork.write(owner, home, part.asSlice(0, n), done);
                done += n;
            }
        }
    }
}
