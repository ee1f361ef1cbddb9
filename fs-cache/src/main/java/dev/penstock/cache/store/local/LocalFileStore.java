package dev.penstock.cache.store.local;

import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.cache.store.WritableStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** The files of one folder, links followed only where they stay inside it. Thread-safe. */
public final class LocalFileStore implements WritableStore {
    /** Threads that read: enough to keep an NVMe device's queue busy together with the kernel's read-ahead. */
    private static final int READERS = 4;

    private final Path root;
    private final ExecutorService readers;
    private final AtomicLong copied = new AtomicLong();

    /**
     * A store of what is under {@code root}.
     *
     * @throws IOException where {@code root} is no folder
     */
    public LocalFileStore(Path root) throws IOException {
        this.root = root.toRealPath();
        if (!Files.isDirectory(this.root)) {
            throw new IOException(root + " is not a folder");
        }
        this.readers = Executors.newFixedThreadPool(
                READERS, Thread.ofPlatform().name("local-store-", 0).daemon().factory());
    }

    @Override
    public List<Entry> list(String path) throws IOException {
        var entries = new ArrayList<Entry>();
        try (var names = Files.newDirectoryStream(resolve(path))) {
            for (Path name : names) {
                boolean folder = Files.isDirectory(name);
                if (folder || Files.isRegularFile(name)) {
                    entries.add(new Entry(name.getFileName().toString(), folder, folder ? 0 : Files.size(name)));
                }
            }
        }
        return List.copyOf(entries);
    }

    @Override
    public StoredFile open(String path) throws IOException {
        Path file = resolve(path);
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(path);
        }
        return new LocalFile(path, FileChannel.open(file, StandardOpenOption.READ), readers, copied);
    }

    @Override
    public NewFile create(String path) throws IOException {
        Path named = root.resolve(path.startsWith("/") ? path.substring(1) : path);
        if (!named.equals(named.normalize()) || !named.startsWith(root) || named.equals(root)) {
            throw new NoSuchFileException(path, null, "leads out of " + root);
        }
        Path folder = root;
        for (Path component : root.relativize(named.getParent())) {
            Path next = folder.resolve(component);
            if (!Files.exists(next)) {
                Files.createDirectory(next);
            }
            folder = next.toRealPath();
            if (!folder.startsWith(root)) {
                throw new NoSuchFileException(path, null, "leads out of " + root);
            }
        }
        return new LocalNewFile(path, folder.resolve(named.getFileName()), readers, copied);
    }

    @Override
    public ReadTarget target(MemorySegment memory) {
        return new LocalTarget(memory);
    }

    @Override
    public Traffic traffic() {
        return new Traffic(0, 0, copied.get());
    }

    @Override
    public void close() {
        readers.shutdownNow();
    }

    private Path resolve(String path) throws IOException {
        Path named =
                root.resolve(path.startsWith("/") ? path.substring(1) : path).normalize();
        Path real = named.startsWith(root) ? named.toRealPath() : root;
        if (!named.startsWith(root) || !real.startsWith(root)) {
            throw new NoSuchFileException(path, null, "leads out of " + root);
        }
        return real;
    }

    private record LocalTarget(MemorySegment memory) implements ReadTarget {
        @Override
        public void close() {
            // Nothing was registered.
        }
    }
}
