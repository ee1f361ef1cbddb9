package dev.penstock.smb.volume;

import dev.penstock.smb.wire.Blob;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The key of one open as the source of a copy: made when it is first asked for, the same from then on. Thread-safe. */
final class ResumeKey {
    private final FileOpen open;
    private final AtomicReference<@Nullable Blob> key = new AtomicReference<>();

    ResumeKey(FileOpen open) {
        this.open = open;
    }

    /** The key, which names the open to this session. */
    Blob of(long session) {
        Blob known = key.get();
        if (known == null) {
            known = ResumeKeys.issue(open, session);
            if (!key.compareAndSet(null, known)) {
                ResumeKeys.forget(known);
                known = Objects.requireNonNull(key.get());
            }
        }
        return known;
    }

    /** The open closes. */
    void forget() {
        Blob known = key.get();
        if (known != null) {
            ResumeKeys.forget(known);
        }
    }
}
