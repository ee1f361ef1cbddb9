package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The keys (STags) of one device. Thread-safe; look-ups take no lock.
 *
 * <p>A key is the number of a slot, masked by a secret, and eight random bits that change with each use of the slot, so that neither an
 * old key nor a guessed one fits. It is the second line: the first is that a key works on connections of its domain only.
 */
final class KeyTable {
    /** Regions and windows of a device at a time. A store with 4096 requests in flight has as many windows; this is 16 times that. */
    static final int CAPACITY = 1 << 16;

    private final AtomicReferenceArray<@Nullable MemoryKey> slots = new AtomicReferenceArray<>(CAPACITY);
    private final SecureRandom random = new SecureRandom();
    private final int mask = random.nextInt() << 8;
    /** Slots given back: a ring, so that the one longest free is taken first. */
    private final int[] free = new int[CAPACITY];

    private int freeHead;
    private int freeCount;
    private int unused;
    private final ReentrantLock lock = new ReentrantLock();

    MemoryKey add(ProtectionDomain domain, MemorySegment memory, Set<Access> access, boolean window)
            throws RdmaException {
        lock.lock();
        try {
            if (freeCount == 0 && unused == CAPACITY) {
                throw new RdmaException(RdmaStatus.RESOURCES, "all " + CAPACITY + " memory keys are in use");
            }
            int slot = unused < CAPACITY ? unused++ : takeFree();
            int key = (slot << 8 ^ mask) | random.nextInt(256);
            var entry = new MemoryKey(key, domain, memory, access, window);
            slots.set(slot, entry);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    MemoryKey find(int key) {
        int slot = (key ^ mask) >>> 8;
        if (slot >= CAPACITY) {
            return null;
        }
        var entry = slots.get(slot);
        return entry != null && entry.key == key && entry.isOpen() ? entry : null;
    }

    /** Closes a key and gives its slot back. Answers false where it was closed before. */
    boolean remove(MemoryKey entry) {
        if (!entry.close()) {
            return false;
        }
        int slot = (entry.key ^ mask) >>> 8;
        lock.lock();
        try {
            slots.set(slot, null);
            free[(freeHead + freeCount++) % CAPACITY] = slot;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Keys in use. */
    int size() {
        lock.lock();
        try {
            return unused - freeCount;
        } finally {
            lock.unlock();
        }
    }

    private int takeFree() {
        int slot = free[freeHead];
        freeHead = (freeHead + 1) % CAPACITY;
        freeCount--;
        return slot;
    }
}
