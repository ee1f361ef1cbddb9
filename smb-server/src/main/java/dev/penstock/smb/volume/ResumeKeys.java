package dev.penstock.smb.volume;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.smb2.CopyChunk;
import java.security.SecureRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys by which clients name the source of a copy. [MS-SMB2] 3.3.5.15.5. One table for all shares of a process, since a copy may go
 * from one to another; a key is random, and good for the session that it was given to as long as its open is. Thread-safe.
 */
final class ResumeKeys {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ConcurrentHashMap<Blob, Source> SOURCES = new ConcurrentHashMap<>();

    private record Source(FileOpen open, long session) {}

    private ResumeKeys() {}

    static Blob issue(FileOpen open, long session) {
        var bytes = new byte[CopyChunk.KEY_BYTES];
        RANDOM.nextBytes(bytes);
        Blob key = Blob.of(bytes);
        SOURCES.put(key, new Source(open, session));
        return key;
    }

    static @Nullable FileOpen find(Blob key, long session) {
        Source source = SOURCES.get(key);
        return source == null || source.session != session ? null : source.open;
    }

    static void forget(Blob key) {
        SOURCES.remove(key);
    }
}
