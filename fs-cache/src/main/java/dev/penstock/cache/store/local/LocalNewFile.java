package dev.penstock.cache.store.local;

import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/** A file beside the one that it is to become. Thread-safe; writes run on the store's pool. */
final class LocalNewFile implements NewFile {
    private final String path;
    private final Path name;
    private final Path unfinished;
    private final FileChannel channel;
    private final ExecutorService threads;
    private final AtomicLong copied;
    private volatile boolean committed;

    LocalNewFile(String path, Path name, ExecutorService threads, AtomicLong copied) throws IOException {
        this.path = path;
        this.name = name;
        this.unfinished = name.resolveSibling(".penstock-" + UUID.randomUUID() + ".part");
        this.channel = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        this.threads = threads;
        this.copied = copied;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public CompletableFuture<Void> write(long offset, ReadTarget source, long sourceOffset, long length) {
        if (offset < 0 || length < 0) {
            return CompletableFuture.failedFuture(new IllegalArgumentException(length + " bytes at " + offset));
        }
        var from = source.memory().asSlice(sourceOffset, length);
        return LocalFile.submit(threads, path, () -> {
            for (long done = 0; done < length; done += LocalFile.SLICE) {
                long at = offset + done;
                ByteBuffer slice = from.asSlice(done, Math.min(LocalFile.SLICE, length - done))
                        .asByteBuffer();
                while (slice.hasRemaining()) {
                    channel.write(slice, at + slice.position());
                }
            }
            copied.addAndGet(length);
        });
    }

    @Override
    public void commit() throws IOException {
        channel.force(true);
        Files.move(unfinished, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        committed = true;
        // The name is in the folder, which is written by itself.
        try (var folder = FileChannel.open(name.resolveSibling("."), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!committed) {
            Files.deleteIfExists(unfinished);
        }
    }
}
