package dev.penstock.tools;

import dev.penstock.cache.local.CachedStore;
import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.inference.gguf.ByteSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A model's header, read through blocks. One thread. */
final class StoredBytes implements ByteSource {
    private static final int BLOCK = 256 << 10;
    private static final int BLOCKS = 16;

    private final CachedStore.CachedFile file;
    private final MemorySegment window = Arena.ofAuto().allocate(WINDOW);

    private StoredBytes(CachedStore.CachedFile file) {
        this.file = file;
    }

    @SuppressWarnings("resource") // the memory is the store's to forget when it is closed
    static StoredBytes of(FileStore store, StoredFile file) throws IOException {
        return new StoredBytes(new CachedStore(store, BLOCK, BLOCKS).file(file));
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public MemorySegment window(long offset, int length) throws IOException {
        MemorySegment part = window.asSlice(0, length);
        file.read(offset, part);
        return part;
    }
}
