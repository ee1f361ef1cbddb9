package dev.penstock.inference.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Random access to the bytes of a model file. Belongs to one thread. */
public interface ByteSource {
    /** Largest window that is asked for, in bytes: a header of a few MiB is read in a few steps, never as a whole. */
    int WINDOW = 1 << 20;

    /** Length of the file, in bytes. */
    long size();

    /**
     * Bytes of the file, valid until the next call.
     *
     * @param offset of the first byte
     * @param length at most {@link #WINDOW}; the range lies within the file
     */
    MemorySegment window(long offset, int length) throws IOException;

    /** A source over a file that is in memory as a whole. */
    static ByteSource of(MemorySegment file) {
        return new ByteSource() {
            @Override
            public long size() {
                return file.byteSize();
            }

            @Override
            public MemorySegment window(long offset, int length) {
                return file.asSlice(offset, length);
            }
        };
    }
}
