package dev.penstock.smb.volume;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Lock;
import java.util.ArrayList;
import java.util.List;

/** LOCK. [MS-SMB2] 3.3.5.14, [MS-FSA] 2.1.5.8 and 2.1.5.9. */
final class FileLocking {
    /** Locks and waiting locks of one file at most: each is looked at by every read and write of it. */
    private static final int MOST_WAITING = 1024;

    private FileLocking() {}

    /**
     * Locks or unlocks.
     *
     * @param again the request was sent before, on a connection that was lost: it may have been done already, and Macs number no locks by
     *     which that could be told
     */
    static Outcome lock(FileOpen open, Lock.Request request, boolean again) throws Refusal {
        List<Lock.Element> elements = request.elements();
        Refusal.unless(!elements.isEmpty(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(!open.isFolder(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(
                open.has(AccessMask.READ_DATA | AccessMask.WRITE_DATA | AccessMask.APPEND_DATA | AccessMask.EXECUTE),
                NtStatus.ACCESS_DENIED);
        Node node = open.node();
        node.lock.lock();
        try {
            if (again && isDone(open, elements)) {
                return Outcome.done(new Lock.Response());
            }
            open.caching().contend();
            return elements.getFirst().has(Lock.UNLOCK) ? unlock(open, elements) : lock(open, elements);
        } finally {
            node.lock.unlock();
        }
    }

    /** Whether all is as it would be afterwards. */
    private static boolean isDone(FileOpen open, List<Lock.Element> elements) {
        for (Lock.Element element : elements) {
            boolean held = open.node().ranges.holds(open, element.offset(), element.length());
            if (held == element.has(Lock.UNLOCK)) {
                return false;
            }
        }
        return true;
    }

    /** What was given up before an element that fails stays given up. 3.3.5.14.1. */
    private static Outcome unlock(FileOpen open, List<Lock.Element> elements) throws Refusal {
        try {
            for (Lock.Element element : elements) {
                Refusal.unless(element.flags() == Lock.UNLOCK, NtStatus.INVALID_PARAMETER);
                Refusal.unless(
                        open.node().ranges.unlock(open, element.offset(), element.length()), NtStatus.RANGE_NOT_LOCKED);
            }
        } finally {
            serveWaiting(open.node());
        }
        return Outcome.done(new Lock.Response());
    }

    /** All or none. 3.3.5.14.2. */
    private static Outcome lock(FileOpen open, List<Lock.Element> elements) throws Refusal {
        for (Lock.Element element : elements) {
            int kind = element.flags() & ~Lock.FAIL_IMMEDIATELY;
            Refusal.unless(kind == Lock.SHARED_LOCK || kind == Lock.EXCLUSIVE_LOCK, NtStatus.INVALID_PARAMETER);
            Refusal.unless(elements.size() == 1 || element.has(Lock.FAIL_IMMEDIATELY), NtStatus.INVALID_PARAMETER);
        }
        var taken = new ArrayList<Lock.Element>();
        for (Lock.Element element : elements) {
            NtStatus status = tryLock(open, element);
            if (status == NtStatus.SUCCESS) {
                taken.add(element);
                continue;
            }
            if (status == NtStatus.LOCK_NOT_GRANTED && !element.has(Lock.FAIL_IMMEDIATELY)) {
                return await(open, element);
            }
            taken.forEach(t -> open.node().ranges.unlock(open, t.offset(), t.length()));
            throw new Refusal(status);
        }
        return Outcome.done(new Lock.Response());
    }

    private static NtStatus tryLock(FileOpen open, Lock.Element element) {
        boolean wraps = element.length() != 0
                && Long.compareUnsigned(element.offset() + element.length() - 1, element.offset()) < 0;
        if (wraps) {
            return NtStatus.INVALID_LOCK_RANGE;
        }
        boolean granted =
                open.node().ranges.lock(open, element.offset(), element.length(), element.has(Lock.EXCLUSIVE_LOCK));
        return granted ? NtStatus.SUCCESS : NtStatus.LOCK_NOT_GRANTED;
    }

    private static Outcome await(FileOpen open, Lock.Element element) throws Refusal {
        Node node = open.node();
        Refusal.unless(node.waiting.size() < MOST_WAITING, NtStatus.INSUFFICIENT_RESOURCES);
        var holder = new WaitingLock[1];
        var promise = new Deferred(reason -> {
            // A handle that goes away takes its lock with it; only a CANCEL is one.
            NtStatus status = reason == Deferred.Reason.CANCEL ? NtStatus.CANCELLED : NtStatus.RANGE_NOT_LOCKED;
            node.lock.lock();
            try {
                if (!node.waiting.remove(holder[0])) {
                    return;
                }
            } finally {
                node.lock.unlock();
            }
            holder[0].promise().complete(Outcome.failed(status));
        });
        holder[0] = new WaitingLock(open, element, promise);
        node.waiting.add(holder[0]);
        return new Outcome.Pending(promise);
    }

    /** Something was given up: those who wait are tried in their order. With the node's lock held. */
    private static void serveWaiting(Node node) {
        node.waiting.removeIf(waiting -> {
            if (tryLock(waiting.open(), waiting.element()) != NtStatus.SUCCESS) {
                return false;
            }
            waiting.promise().complete(Outcome.done(new Lock.Response()));
            return true;
        });
    }

    /** The open closes. With the node's lock held. */
    static void releaseAll(FileOpen open) {
        Node node = open.node();
        node.waiting.removeIf(waiting -> {
            if (!waiting.open().equals(open)) {
                return false;
            }
            waiting.promise().complete(Outcome.failed(NtStatus.RANGE_NOT_LOCKED));
            return true;
        });
        if (node.ranges.release(open)) {
            serveWaiting(node);
        }
    }
}
