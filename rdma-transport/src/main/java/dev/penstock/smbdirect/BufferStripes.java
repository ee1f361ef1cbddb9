package dev.penstock.smbdirect;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Message buffers of all connections: one region, a stripe per connection. Thread-safe.
 *
 * <p>A stripe is {@code credits} receive buffers and as many send buffers of {@code messageSize} each. It becomes memory page by page, as
 * it is used.
 */
final class BufferStripes implements AutoCloseable {
    /** One connection's buffers: numbers 0 to {@code credits - 1} for receiving, as many behind them for sending. */
    record Stripe(MemoryRegion region, long offset) {}

    private final ArrayDeque<Stripe> free = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Arena arena = Arena.ofShared();

    BufferStripes(ProtectionDomain domain, SmbDirectConfig config) throws RdmaException {
        long stripeBytes = 2L * config.credits() * config.messageSize();
        var memory = Regions.map(stripeBytes * config.maxConnections(), arena);
        var region = domain.register(memory, EnumSet.of(Access.LOCAL_WRITE));
        for (int i = 0; i < config.maxConnections(); i++) {
            free.add(new Stripe(region, i * stripeBytes));
        }
    }

    /** Takes a stripe; null where all connections there may be are there. */
    @Nullable
    Stripe take() {
        lock.lock();
        try {
            return free.poll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives the memory back. To be called when the domain is closed and no poller runs. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) { // an endpoint may be closed again
            arena.close();
        }
    }

    void giveBack(Stripe stripe) {
        lock.lock();
        try {
            free.push(stripe);
        } finally {
            lock.unlock();
        }
    }
}
