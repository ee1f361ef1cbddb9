package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.ProtectionDomain;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What one key stands for. Thread-safe.
 *
 * <p>A key may be closed by any thread while its memory is being filled from a socket. So whoever moves bytes under a key brackets each
 * system call with {@link #enter} and {@link #leave}, and {@link #close} waits until nobody is inside: no longer than one system call
 * on a non-blocking socket. When it returns, no byte is moved under the key any more.
 * A use that lasts longer, since an adapter moves the bytes, says how it is ended.
 */
public final class MemoryKey {
    private static final int CLOSED = 1 << 31;

    /** For {@link #staying} of all keys: it changes once in some megabytes. */
    private static final ReentrantLock STAYING = new ReentrantLock();

    final int key;
    final ProtectionDomain domain;
    final MemorySegment memory;
    final long address;
    final long length;
    final boolean readable;
    final boolean writable;
    final boolean window;

    /** Users inside, and the closed bit. */
    private final AtomicInteger users = new AtomicInteger();

    /** Users who stay for longer: replaced as a whole, since few keys ever have one, and a key is made for every request. */
    private volatile List<Runnable> staying = List.of();

    MemoryKey(int key, ProtectionDomain domain, MemorySegment memory, Set<Access> access, boolean window) {
        this.key = key;
        this.domain = domain;
        this.memory = memory;
        this.address = memory.address();
        this.length = memory.byteSize();
        this.readable = access.contains(Access.REMOTE_READ);
        this.writable = access.contains(Access.REMOTE_WRITE);
        this.window = window;
    }

    /** Begins a use. Answers false where the key is closed. */
    public boolean enter() {
        int seen = users.get();
        while (seen >= 0) {
            if (users.compareAndSet(seen, seen + 1)) {
                return true;
            }
            seen = users.get();
        }
        return false;
    }

    /**
     * Begins a use that lasts: while an adapter fills the memory by itself. Answers false where the key is closed.
     *
     * @param whenClosing called once by whoever closes the key, who then waits for {@link #leave(Runnable)}: where that is the thread that serves
     *     the connection, the use has to be ended in it
     */
    public boolean enter(Runnable whenClosing) {
        change(stay -> stay.add(whenClosing));
        if (enter()) {
            return true;
        }
        change(stay -> stay.remove(whenClosing));
        return false;
    }

    private void change(Consumer<List<Runnable>> how) {
        STAYING.lock();
        try {
            var changed = new ArrayList<>(staying);
            how.accept(changed);
            staying = List.copyOf(changed);
        } finally {
            STAYING.unlock();
        }
    }

    /** Ends a use that lasted. */
    public void leave(Runnable whenClosing) {
        change(stay -> stay.remove(whenClosing));
        leave();
    }

    /** Ends a use. */
    public void leave() {
        users.decrementAndGet();
    }

    /** Whether nobody has begun to close it. */
    public boolean isOpen() {
        return users.get() >= 0;
    }

    /** Ends the key; false where that was done before. Not to be called between enter and leave. */
    boolean close() {
        int before = users.getAndUpdate(n -> n | CLOSED);
        staying.forEach(Runnable::run);
        while (users.get() != CLOSED) {
            Thread.onSpinWait();
        }
        return before >= 0;
    }

    /** Whether all of a range lies inside, without overflow. */
    boolean covers(long at, long bytes) {
        long from = at - address;
        return bytes >= 0 && from >= 0 && from <= length && bytes <= length - from;
    }
}
