package dev.penstock.inference.node;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.inference.gguf.ByteSource;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletionException;

/** The header of a stored file, read a window at a time. Belongs to one thread. */
public final class StoredSource implements ByteSource, AutoCloseable {
    private final StoredFile file;
    private final Arena arena = Arena.ofShared();
    private final ReadTarget target;

    /** A source over an open file, which stays the caller's. */
    public StoredSource(FileStore store, StoredFile file) throws IOException {
        this.file = file;
        this.target = store.target(Regions.map(ByteSource.WINDOW, arena));
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public MemorySegment window(long offset, int length) throws IOException {
        try {
            file.read(offset, target, 0, length).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e);
        }
        return target.memory().asSlice(0, length);
    }

    @Override
    public void close() {
        target.close();
        arena.close();
    }
}
