package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.lang.foreign.MemorySegment;

/** The bytes of an open: the data of its file, or one of the file's streams. Any thread. */
sealed interface Content {
    /** Length in bytes. */
    long size() throws PosixException;

    /** Bytes set aside. */
    long allocated() throws PosixException;

    /** Bytes read, less than asked for only at the end. */
    long read(MemorySegment into, long position) throws PosixException;

    void write(MemorySegment from, long position) throws PosixException;

    void truncate(long length) throws PosixException;

    /** Sets space aside without changing the length. */
    void reserve(long length) throws PosixException;

    /** Waits for stable storage. */
    void sync() throws PosixException;

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
        public void sync() throws PosixException {
            Posix.sync(file);
        }
    }

    /** A named stream of the file that {@code base} is an open of. */
    record OfFork(FileOpen base, Fork fork) implements Content {
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
            return fork.size();
        }

        @Override
        public long allocated() throws PosixException {
            return fork.allocated();
        }

        @Override
        public long read(MemorySegment into, long position) throws PosixException {
            return fork.read(into, position);
        }

        @Override
        public void write(MemorySegment from, long position) throws PosixException {
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
        public void sync() throws PosixException {
            at(home -> {
                fork.sync(base.handle(), home);
                return home;
            });
        }

        @Override
        public FileHandle file() throws PosixException {
            return at(home -> fork.file(base.handle(), home));
        }
    }
}
