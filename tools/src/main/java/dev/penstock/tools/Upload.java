package dev.penstock.tools;

import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.WritableStore;
import dev.penstock.memory.Regions;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Puts local files into a store: one is read while those read before are on their way. Of one thread. */
final class Upload implements AutoCloseable {
    /** Bytes read at a time. */
    private static final int PIECE = 8 << 20;

    /** Pieces on their way beside the one that is read. */
    private static final int PIECES = 4;

    private final WritableStore store;
    private final Arena arena = Arena.ofShared();
    private final ReadTarget memory;

    Upload(WritableStore store) throws IOException {
        this.store = store;
        this.memory = store.target(Regions.map((long) PIECE * PIECES, arena));
    }

    /** Puts a file, whole or not at all. */
    void put(Path from, String to, ProgressBar progress) throws IOException {
        try (var source = FileChannel.open(from, StandardOpenOption.READ);
                NewFile file = store.create(to)) {
            send(source, from, file, progress);
            file.commit();
        }
    }

    private void send(FileChannel source, Path from, NewFile file, ProgressBar progress) throws IOException {
        long size = source.size();
        long start = System.nanoTime();
        List<CompletableFuture<Void>> under = new ArrayList<>();
        try {
            for (long at = 0; at < size; at += PIECE) {
                int slot = under.size() % PIECES;
                if (under.size() >= PIECES) {
                    await(under.get(under.size() - PIECES));
                }
                int bytes = (int) Math.min(PIECE, size - at);
                MemorySegment piece = memory.memory().asSlice((long) slot * PIECE, bytes);
                read(source, from, at, piece.asByteBuffer());
                under.add(file.write(at, memory, (long) slot * PIECE, bytes));
                progress.show(at + bytes, size, System.nanoTime() - start);
            }
        } finally {
            progress.end();
            // Even where it fails: what is under way still reads the memory.
            for (CompletableFuture<Void> piece : under) {
                piece.handle((_, _) -> null).join();
            }
        }
        for (CompletableFuture<Void> piece : under) {
            await(piece);
        }
    }

    private static void read(FileChannel source, Path from, long at, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (source.read(into, at + into.position()) < 0) {
                throw new EOFException(from + " became shorter while it was read");
            }
        }
    }

    private static void await(CompletableFuture<Void> piece) throws IOException {
        try {
            piece.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    @Override
    public void close() {
        memory.close();
        arena.close();
    }
}
