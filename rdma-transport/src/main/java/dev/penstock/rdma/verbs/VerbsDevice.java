package dev.penstock.rdma.verbs;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceLimits;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One adapter, or several of one kind that connections go by as their addresses say. Thread-safe. The contexts are the library's and stay open with
 * the process.
 */
final class VerbsDevice implements Device {
    /** Spans per request that are offered where the adapter has more: as many as the software engine takes. */
    private static final int MAX_GATHER = 16;

    private final List<MemorySegment> contexts;
    private final String name;
    private final boolean iwarp;
    private final DeviceLimits limits;
    private final Set<VerbsQueue> queues = ConcurrentHashMap.newKeySet();
    private final Set<VerbsDomain> domains = ConcurrentHashMap.newKeySet();

    /**
     * A device of these adapters.
     *
     * @param contexts one at least
     */
    VerbsDevice(List<MemorySegment> contexts) throws RdmaException {
        this.contexts = List.copyOf(contexts);
        var names = new ArrayList<String>();
        var found = new ArrayList<DeviceLimits>();
        for (MemorySegment context : contexts) {
            names.add(Verbs.name(device(context)));
            found.add(limits(context));
        }
        this.name = String.join(", ", names);
        this.iwarp = isIwarp(contexts.getFirst());
        if (contexts.stream().anyMatch(context -> isIwarp(context) != iwarp)) {
            throw new RdmaException(RdmaStatus.RESOURCES, "of " + name + " some speak iWARP and some do not");
        }
        this.limits = new DeviceLimits(
                found.stream().mapToInt(DeviceLimits::maxGather).min().orElseThrow(),
                found.stream().mapToInt(DeviceLimits::maxReads).min().orElseThrow(),
                ConnectionManager.MAX_PRIVATE_DATA,
                contexts.size() == 1,
                false);
    }

    private static MemorySegment device(MemorySegment context) {
        return Structs.pointer(context, Structs.CONTEXT_DEVICE);
    }

    private static boolean isIwarp(MemorySegment context) {
        return DeviceInspection.speaksIwarp(device(context));
    }

    private static DeviceLimits limits(MemorySegment context) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(Structs.DEVICE_ATTR, 8);
            Verbs.queryDevice(context, attributes);
            int reads = Math.min(
                    Structs.i32(attributes, Structs.DEVICE_ATTR_MAX_QP_RD_ATOM),
                    Structs.i32(attributes, Structs.DEVICE_ATTR_MAX_QP_INIT_RD_ATOM));
            return new DeviceLimits(
                    Math.min(MAX_GATHER, Structs.i32(attributes, Structs.DEVICE_ATTR_MAX_SGE)),
                    Math.min(reads, 255),
                    ConnectionManager.MAX_PRIVATE_DATA,
                    true,
                    false);
        }
    }

    /** The contexts of its adapters, which are told apart by their place here. */
    List<MemorySegment> contexts() {
        return contexts;
    }

    /** Whether it speaks iWARP: what may be read into has to be open to the peer's writes there. */
    boolean iwarp() {
        return iwarp;
    }

    /** Whether an identifier was bound to this device. */
    boolean owns(MemorySegment id) {
        return adapter(id) >= 0;
    }

    /** The place of the adapter that an identifier was bound to; negative where it is none of these. */
    int adapter(MemorySegment id) {
        return place(Structs.pointer(id, Structs.CM_ID_VERBS));
    }

    private int place(MemorySegment context) {
        for (int i = 0; i < contexts.size(); i++) {
            if (contexts.get(i).address() == context.address()) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String name() {
        return "verbs " + name;
    }

    @Override
    public boolean usesTcpPorts() {
        return iwarp;
    }

    @Override
    public DeviceLimits limits() {
        return limits;
    }

    @Override
    public ProtectionDomain protectionDomain() {
        try {
            var domain = new VerbsDomain(this);
            domains.add(domain);
            return domain;
        } catch (RdmaException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public CompletionQueue completionQueue(int depth) {
        if (depth <= 0) {
            throw new IllegalArgumentException("a depth of " + depth);
        }
        try {
            var queue = new VerbsQueue(this);
            queues.add(queue);
            return queue;
        } catch (RdmaException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isReachedAt(InetAddress local) {
        return ConnectionManager.contextAt(local)
                .filter(there -> place(there) >= 0)
                .isPresent();
    }

    @Override
    public Listener listen(CompletionQueue queue, InetSocketAddress local, Listener.Handler handler)
            throws IOException {
        return new VerbsListener(own(queue), local, handler);
    }

    @Override
    public QueuePair queuePair(QueuePairOptions options, ConnectionEvents events) {
        if (!(options.domain() instanceof VerbsDomain domain)) {
            throw new IllegalArgumentException("a domain of another provider");
        }
        return new VerbsQueuePair(own(options.queue()), domain, options, events);
    }

    private static VerbsQueue own(CompletionQueue queue) {
        if (queue instanceof VerbsQueue q) {
            return q;
        }
        throw new IllegalArgumentException("a completion queue of another provider");
    }

    void forget(VerbsQueue queue) {
        queues.remove(queue);
    }

    void forget(VerbsDomain domain) {
        domains.remove(domain);
    }

    @Override
    public void close() {
        queues.forEach(VerbsQueue::close);
        domains.forEach(VerbsDomain::close);
    }
}
