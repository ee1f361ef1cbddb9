package dev.penstock.smb.volume;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Extents;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.CopyChunk;
import dev.penstock.smb.wire.smb2.Ioctl;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A Mac's copy of a whole file: COPYCHUNK without chunks, where that was agreed on. Data, streams and extended attributes; times and flags
 * the client sets itself. It may take long, so the client is told to wait, and may change its mind.
 */
final class WholeCopy {
    /** Bytes between two looks whether the client still wants it. Of shared blocks, a copy takes no time whatever its length. */
    private static final long STEP = 64L << 20;

    private static final int BUFFER = 1 << 20;

    private final FileOpen source;
    private final FileOpen target;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    private WholeCopy(FileOpen source, FileOpen target) {
        this.source = source;
        this.target = target;
    }

    static Outcome start(FileOpen source, FileOpen target, RequestContext context, Ioctl.Request request)
            throws Refusal {
        boolean files = source.base() == null && target.base() == null;
        Refusal.unless(files && source.node() != target.node(), NtStatus.INVALID_PARAMETER);
        var copy = new WholeCopy(source, target);
        var deferred = new Deferred(_ -> copy.cancelled.set(true));
        try {
            context.io().execute(() -> deferred.complete(copy.run(request)));
        } catch (RejectedExecutionException _) {
            throw new Refusal(NtStatus.INSUFFICIENT_RESOURCES);
        }
        return new Outcome.Pending(deferred);
    }

    private Outcome.Final run(Ioctl.Request request) {
        Outcome outcome = Refusal.answered(() -> {
            long bytes = data();
            streams();
            Folder home = target.holdHome();
            try {
                FileHandle at = home == null ? target.handle() : home.handle();
                ExtendedAttributes.set(target.handle(), at, ExtendedAttributes.list(source.handle()));
            } finally {
                release(home);
            }
            int told = (int) Math.min(bytes, 0xFFFF_FFFFL); // the field has 32 bits
            return Outcome.done(new Ioctl.Response(request.ctlCode(), request.file(), CopyChunk.response(0, 0, told)));
        });
        return (Outcome.Final) outcome;
    }

    private long data() throws Refusal, PosixException {
        long size = source.content().size();
        source.data().checkLocks(true, 0, size);
        target.data().checkLocks(false, 0, Math.max(size, target.content().size()));
        target.data().changing(() -> target.content().truncate(size));
        for (long done = 0; done < size; ) {
            goOn();
            long from = done;
            long step = Math.min(STEP, size - done);
            target.data().changing(() -> Extents.copy(source.handle(), from, target.handle(), from, step));
            done += step;
        }
        return size;
    }

    private void streams() throws Refusal, PosixException {
        Folder from = source.holdHome();
        Folder to = target.holdHome();
        try {
            FileHandle fromHome = from == null ? source.handle() : from.handle();
            FileHandle toHome = to == null ? target.handle() : to.handle();
            for (Forks.Entry stream : Forks.list(source.handle(), fromHome)) {
                Fork in = Forks.open(source.handle(), fromHome, stream.name());
                if (in != null) {
                    try (in) {
                        Forks.remove(target.handle(), toHome, stream.name());
                        stream(in, toHome);
                    }
                }
            }
        } finally {
            release(from);
            release(to);
        }
    }

    private void stream(Fork in, FileHandle toHome) throws Refusal, PosixException {
        try (Fork out = Forks.create(target.handle(), toHome, in.name());
                var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.min(BUFFER, Math.max(1, in.size())));
            long done = 0;
            for (long n = in.read(buffer, 0); n > 0; n = in.read(buffer, done)) {
                goOn();
                out.write(target.handle(), toHome, buffer.asSlice(0, n), done);
                done += n;
            }
        }
    }

    private void goOn() throws Refusal {
        Refusal.unless(!cancelled.get(), NtStatus.CANCELLED);
    }

    private static void release(@org.jspecify.annotations.Nullable Folder home) {
        if (home != null) {
            home.release();
        }
    }
}
