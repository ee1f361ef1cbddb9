package dev.penstock.cache.store.smb;

import com.hierynomus.smbj.io.ByteChunkProvider;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A stretch of memory as smbj takes the data of a WRITE. Used once, by one thread. */
final class MemoryChunks extends ByteChunkProvider {
    private final MemorySegment memory;
    private int taken;

    /** Of at most 2 GiB, for {@code fileOffset}. */
    MemoryChunks(MemorySegment memory, long fileOffset) {
        this.memory = memory;
        this.offset = fileOffset;
    }

    @Override
    public boolean isAvailable() {
        return bytesLeft() > 0;
    }

    @Override
    public void prepareWrite(int bytes) {
        // They are there.
    }

    @Override
    protected int getChunk(byte[] chunk) {
        int bytes = Math.min(chunk.length, bytesLeft());
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, taken, chunk, 0, bytes);
        taken += bytes;
        return bytes;
    }

    @Override
    public int bytesLeft() {
        return (int) memory.byteSize() - taken;
    }
}
