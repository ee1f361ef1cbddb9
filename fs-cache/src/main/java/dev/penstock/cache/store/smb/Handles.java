package dev.penstock.cache.store.smb;

import com.hierynomus.smbj.share.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The handles of one file: one per connection that uses it, opened at its first use. Thread-safe. */
final class Handles {
    /** Opens the file by a connection. */
    interface Opener {
        File by(ShareConnection connection) throws IOException;
    }

    private final ConcurrentMap<ShareConnection, CompletableFuture<File>> handles = new ConcurrentHashMap<>();
    private final Opener opener;

    /** Handles of a file that one connection has opened. */
    Handles(ShareConnection by, File opened, Opener opener) {
        this.opener = opener;
        handles.put(by, CompletableFuture.completedFuture(opened));
    }

    /** The handle of a connection, opened if it has none. */
    File of(ShareConnection by) throws IOException {
        var mine = new CompletableFuture<File>();
        var other = handles.putIfAbsent(by, mine);
        if (other == null) {
            handles.keySet().removeIf(ShareConnection::isOver);
            try {
                mine.complete(opener.by(by));
            } catch (IOException | RuntimeException e) {
                mine.completeExceptionally(e);
                handles.remove(by, mine);
            }
        }
        try {
            return (other == null ? mine : other).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the store is closed");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** The handle that a connection has; null where it has none. */
    @Nullable
    File existing(ShareConnection by) {
        var handle = handles.get(by);
        return handle == null ? null : opened(handle);
    }

    /** All handles of connections that still stand. */
    void forEach(BiConsumer<ShareConnection, File> action) {
        handles.forEach((by, handle) -> {
            File file = opened(handle);
            if (file != null && !by.isOver() && file.getDiskShare().isConnected()) {
                action.accept(by, file);
            }
        });
    }

    private static @Nullable File opened(CompletableFuture<File> handle) {
        return handle.state() == Future.State.SUCCESS ? handle.resultNow() : null;
    }

    /** Closes them. */
    void close() {
        forEach((_, file) -> file.closeSilently());
    }
}
