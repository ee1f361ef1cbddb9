package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceLimits;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** A device in software: keys, and queue pairs whose connections a subclass sets up. Keys and domains are for any thread. */
public abstract class SoftDevice implements Device {
    /**
     * Reads under way per direction and connection. 32 is what Linux' SMB Direct client offers; a response of ours takes no memory but a
     * few words, so the number only bounds what a peer can queue.
     */
    public static final int MAX_READS = 32;

    private final KeyTable keys = new KeyTable();
    private final AtomicInteger pairs = new AtomicInteger();
    private final AtomicInteger domains = new AtomicInteger();

    /** For subclasses. */
    protected SoftDevice() {}

    final KeyTable keys() {
        return keys;
    }

    /** Sets a connection up, for a pair that is in the state CONNECTING. */
    protected abstract void connect(
            SoftQueuePair pair, InetSocketAddress remote, ConnectionParameters parameters, Duration timeout);

    /** Memory was registered. Any thread. */
    protected void registered(MemorySegment memory) {}

    /** A registration has ended; nothing is moved under its key any more. Any thread. */
    protected void unregistered(MemorySegment memory) {}

    @Override
    public DeviceLimits limits() {
        return new DeviceLimits(OutgoingSegment.MAX_PARTS, MAX_READS, 256, true, true);
    }

    /** Not unless what goes over its wire is a standard's. */
    @Override
    public boolean isReachedAt(InetAddress local) {
        return false;
    }

    @Override
    public ProtectionDomain protectionDomain() {
        domains.incrementAndGet();
        return new SoftProtectionDomain(this, domains::decrementAndGet);
    }

    @Override
    public QueuePair queuePair(QueuePairOptions options, ConnectionEvents events) {
        var pair = new SoftQueuePair(this, options, events);
        pairs.incrementAndGet();
        return pair;
    }

    @Override
    public Held held() {
        return new Held(pairs.get(), domains.get(), keys.size());
    }

    /** A pair is over. */
    final void ended() {
        pairs.decrementAndGet();
    }
}
