package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The bytes of an open: the data of its file, or one of the file's streams. Any thread. */
sealed interface Content {
    /** Length in bytes. */
    long size() throws PosixException;

    /** Bytes at and after a position; negative past the end. */
    default long sizeAfter(long position) throws PosixException {
        return size() - position;
    }

    /** Bytes set aside. */
    long allocated() throws PosixException;

    /** Bytes read, less than asked for only at the end. */
    long read(MemorySegment into, long position) throws PosixException;

    void write(MemorySegment from, long position) throws PosixException;

    void truncate(long length) throws PosixException;

    /** Sets space aside without changing the length. */
    void reserve(long length) throws PosixException;

    /**
     * Waits for stable storage.
     *
     * @param full through the caches of drives
     */
    void sync(boolean full) throws PosixException;

    /** The bytes as a file of their own, for holes and for copies within the kernel. */
    FileHandle file() throws PosixException;

    /** The data of a file. */
    record OfFile(FileHandle file) implements Content {
        @Override
        public long size() throws PosixException {
            return Posix.stat(file).size();
        }

        @Override
        public long allocated() throws PosixException {
            FileStat stat = Posix.stat(file);
            return stat.allocated();
        }

        @Override
        public long read(MemorySegment into, long position) throws PosixException {
            return Posix.read(file, into, position);
        }

        @Override
        public void write(MemorySegment from, long position) throws PosixException {
            Posix.write(file, from, position);
        }

        @Override
        public void truncate(long length) throws PosixException {
            Posix.truncate(file, length);
        }

        @Override
        public void reserve(long length) throws PosixException {
            Posix.reserve(file, length);
        }

        @Override
        public void sync(boolean full) throws PosixException {
            if (full) {
                Posix.fullSync(file);
            } else {
                Posix.sync(file);
            }
        }
    }

    /** A symbolic link, which has no data: where it leads is asked for otherwise. */
    record OfLink() implements Content {
        @Override
        public long size() {
            return 0;
        }

        @Override
        public long allocated() {
            return 0;
        }

        @Override
        public long read(MemorySegment into, long position) {
            return 0;
        }

        @Override
        public void write(MemorySegment from, long position) throws PosixException {
            throw new PosixException("write to a link", Errno.EACCES);
        }

        @Override
        public void truncate(long length) throws PosixException {
            throw new PosixException("truncate a link", Errno.EACCES);
        }

        @Override
        public void reserve(long length) {
            // There is nothing to set space aside for.
        }

        @Override
        public void sync(boolean full) {
            // It is on stable storage with the folder that it is in, which a full sync waits for.
        }

        @Override
        public FileHandle file() throws PosixException {
            throw new PosixException("the data of a link", Errno.EACCES);
        }
    }

    /**
     * A named stream of the file that {@code base} is an open of.
     *
     * @param afpInfo it is the one with the Finder's bytes, which always has 60 of them and takes only what is right
     */
    record OfFork(FileOpen base, Fork fork, boolean afpInfo) implements Content {
        private interface Call<T> {
            T make(FileHandle home) throws PosixException;
        }

        private <T> T at(Call<T> call) throws PosixException {
            Folder home = base.holdHome();
            if (home == null) {
                return call.make(base.handle());
            }
            try {
                return call.make(home.handle());
            } finally {
                home.release();
            }
        }

        @Override
        public long size() throws PosixException {
            return afpInfo ? AfpInfo.BYTES : fork.size();
        }

        @Override
        public long allocated() throws PosixException {
            return fork.allocated();
        }

        @Override
        public long read(MemorySegment into, long position) throws PosixException {
            if (!afpInfo) {
                return fork.read(into, position);
            }
            byte[] bytes = stream();
            int from = (int) (bytes.length - sizeAfter(position));
            long n = Math.min(bytes.length - from, into.byteSize());
            MemorySegment.copy(MemorySegment.ofArray(bytes), from, into, 0, n);
            return n;
        }

        /** Apple's server reads the Finder's bytes from the start whatever the position, up to the end. */
        @Override
        public long sizeAfter(long position) throws PosixException {
            return afpInfo ? (position <= AfpInfo.BYTES ? AfpInfo.BYTES : 0) : size() - position;
        }

        private byte[] stream() throws PosixException {
            byte[] kept = fork.entry().start().toArray();
            return AfpInfo.finderInfo(kept) != null ? kept : AfpInfo.empty();
        }

        private void writeAfpInfo(MemorySegment from, long position) throws PosixException {
            byte[] changed = AfpInfo.written(stream(), position, from.toArray(ValueLayout.JAVA_BYTE));
            if (changed == null) {
                throw new PosixException("write of AFP_AfpInfo", Errno.EINVAL);
            }
            byte[] kept = AfpInfo.finderInfo(changed) == null ? new byte[0] : changed;
            at(home -> {
                fork.set(base.handle(), home, kept);
                return home;
            });
        }

        @Override
        public void write(MemorySegment from, long position) throws PosixException {
            if (afpInfo) {
                writeAfpInfo(from, position);
                return;
            }
            at(home -> {
                fork.write(base.handle(), home, from, position);
                return home;
            });
        }

        @Override
        public void truncate(long length) throws PosixException {
            at(home -> {
                fork.truncate(base.handle(), home, length);
                return home;
            });
        }

        @Override
        public void reserve(long length) throws PosixException {
            at(home -> {
                fork.reserve(base.handle(), home, length);
                return home;
            });
        }

        @Override
        public void sync(boolean full) throws PosixException {
            at(home -> {
                fork.sync(base.handle(), home);
                if (full) {
                    Posix.fullSync(base.handle());
                }
                return home;
            });
        }

        @Override
        public FileHandle file() throws PosixException {
            return at(home -> fork.file(base.handle(), home));
        }
    }
}
