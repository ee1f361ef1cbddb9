package dev.penstock.smb.volume.watch;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The changes that one open folder has not told its client yet, and the requests that wait for some. As with Windows, the first request
 * decides for the life of the handle what is looked at and how much is kept between two requests; from then on nothing is missed, or the
 * client is told that something was. Thread-safe.
 */
public final class FolderWatch {
    /** Kept between two requests at most, whatever the client has room for: what Windows sends over a network. */
    private static final int MOST_KEPT = 64 << 10;

    /** Requests of one handle that wait at the same time; more than one is rare. */
    private static final int MOST_WAITING = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final int filter;
    private final boolean tree;
    private final int capacity;
    private final UnaryOperator<String> names;
    private final List<ChangeRecord> kept = new ArrayList<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int keptBytes;
    private boolean overflowed;
    private @Nullable NtStatus ended;

    private record Waiting(Deferred promise, long room) {}

    /** Decided by the handle's first request. Its client knows names as this makes them. */
    FolderWatch(ChangeNotify.Request first, UnaryOperator<String> names) {
        this.names = names;
        this.filter = first.completionFilter();
        this.tree = (first.flags() & ChangeNotify.WATCH_TREE) != 0;
        this.capacity = (int) Math.min(first.outputBufferLength(), MOST_KEPT);
    }

    /** True where the whole tree below is watched. */
    boolean tree() {
        return tree;
    }

    /** Answers a request with what was kept, or makes it wait. */
    public Outcome next(long room) {
        lock.lock();
        try {
            if (ended != null) {
                return Outcome.failed(ended);
            }
            if (overflowed || !kept.isEmpty()) {
                return take(room);
            }
            if (waiting.size() >= MOST_WAITING) {
                return Outcome.failed(NtStatus.INSUFFICIENT_RESOURCES);
            }
            var holder = new Waiting[1];
            holder[0] = new Waiting(new Deferred(reason -> cancel(holder[0], reason)), room);
            waiting.add(holder[0]);
            return new Outcome.Pending(holder[0].promise);
        } finally {
            lock.unlock();
        }
    }

    /** A handle that goes away cleans up; only a CANCEL is one. */
    private void cancel(Waiting one, Deferred.Reason reason) {
        lock.lock();
        try {
            if (!waiting.remove(one)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        one.promise.complete(
                Outcome.failed(reason == Deferred.Reason.CANCEL ? NtStatus.CANCELLED : NtStatus.NOTIFY_CLEANUP));
    }

    /** Something changed that all of these records tell of together: the two names of a rename are never torn apart. */
    void changed(int kind, List<ChangeRecord> records) {
        if ((kind & filter) == 0) {
            return;
        }
        Waiting served;
        Outcome.Final answer;
        lock.lock();
        try {
            if (ended != null) {
                return;
            }
            for (ChangeRecord record : records) {
                keep(new ChangeRecord(record.action(), names.apply(record.name())));
            }
            served = waiting.poll();
            if (served == null) {
                return;
            }
            answer = take(served.room);
        } finally {
            lock.unlock();
        }
        served.promise.complete(answer);
    }

    /** More has changed than could be told. */
    void lost() {
        Waiting served;
        lock.lock();
        try {
            if (ended != null) {
                return;
            }
            overflowed = true;
            kept.clear();
            served = waiting.poll();
            if (served != null) {
                keptBytes = 0;
                overflowed = false;
            }
        } finally {
            lock.unlock();
        }
        if (served != null) {
            served.promise.complete(Outcome.failed(NtStatus.NOTIFY_ENUM_DIR));
        }
    }

    private void keep(ChangeRecord record) {
        boolean again = record.action() == ChangeRecord.MODIFIED
                && !kept.isEmpty()
                && kept.getLast().equals(record);
        if (overflowed || again) {
            return; // a second write of the same file before anybody asked is no news
        }
        keptBytes += record.room();
        if (keptBytes > capacity) {
            overflowed = true;
            kept.clear();
        } else {
            kept.add(record);
        }
    }

    private Outcome.Final take(long room) {
        boolean fits = !overflowed && keptBytes <= room;
        var out = new WireWriter(Math.max(keptBytes, 16));
        if (fits) {
            ChangeRecord.encodeList(kept, out);
        }
        kept.clear();
        keptBytes = 0;
        overflowed = false;
        if (!fits) {
            return Outcome.failed(NtStatus.NOTIFY_ENUM_DIR); // the client lists the folder again: 3.3.4.4
        }
        var bytes = new Payload.Bytes(out.buffer());
        return Outcome.done(ChangeNotify.Response.of(bytes.length()), bytes);
    }

    /** The handle closes, or the folder is going to be deleted: whoever waits is told, and whoever asks later too. */
    public void end(NtStatus status) {
        List<Waiting> left;
        lock.lock();
        try {
            if (ended != null) {
                return;
            }
            ended = status;
            kept.clear();
            left = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        left.forEach(one -> one.promise.complete(Outcome.failed(status)));
    }
}
