package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.thunderbolt.BulkPort;
import dev.penstock.rdma.thunderbolt.FrameFabric;
import dev.penstock.rdma.thunderbolt.FramePort;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ports on the adapters of libibverbs that have unreliable connections. Which adapter a port is on is told by the local address of its side channel.
 * Thread-safe.
 */
public final class UcFabric implements FrameFabric {
    private static final ReentrantLock OPENING = new ReentrantLock();
    private static final RegisteredMemory REGISTERED = new RegisteredMemory();
    private static volatile @Nullable List<UcAdapter> adapters;

    private final int depth;
    private final boolean bulkInSoftware;

    /**
     * A fabric of all adapters.
     *
     * @param depth receives and sends of each port, in frames
     */
    public UcFabric(int depth) {
        this(depth, false);
    }

    /**
     * A fabric of all adapters.
     *
     * @param bulkInSoftware whether long transfers go past the frames on adapters in software, too: those copy what they move, and want the
     *     processor for it while its owner waits, so nothing is won
     */
    UcFabric(int depth, boolean bulkInSoftware) {
        this.depth = depth;
        this.bulkInSoftware = bulkInSoftware;
    }

    @Override
    public String name() {
        return "over verbs";
    }

    @Override
    public FramePort port(InetSocketAddress local, InetSocketAddress remote) throws IOException {
        var place = placeOf(local.getAddress());
        place.adapter().takePair();
        return new UcPort(place, depth);
    }

    @Override
    public @Nullable BulkPort bulkPort(InetSocketAddress local, InetSocketAddress remote) throws IOException {
        var place = placeOf(local.getAddress());
        if ((place.adapter().isSoftware() && !bulkInSoftware)
                || !place.adapter().takeSparePair()) {
            return null;
        }
        return new UcBulkPort(place);
    }

    @Override
    public void registered(MemorySegment memory) {
        REGISTERED.add(memory);
    }

    @Override
    public void unregistered(MemorySegment memory) {
        REGISTERED.remove(memory);
        var opened = adapters;
        if (opened != null) {
            opened.forEach(adapter -> adapter.memory().forget(memory));
        }
    }

    /** The adapter that has an address; empty where none has. */
    static Optional<String> deviceOf(InetAddress address) {
        if (address.isAnyLocalAddress()) {
            return Optional.empty();
        }
        try {
            return Optional.of(placeOf(address).adapter().name());
        } catch (RdmaException e) {
            return Optional.empty(); // it is an ordinary interface's, or there are no verbs
        }
    }

    private static UcAdapter.Place placeOf(InetAddress address) throws RdmaException {
        for (UcAdapter adapter : adapters()) {
            var place = adapter.placeOf(address);
            if (place.isPresent()) {
                return place.get();
            }
        }
        throw new RdmaException(RdmaStatus.UNREACHABLE, "no adapter has the address " + address.getHostAddress());
    }

    private static List<UcAdapter> adapters() throws RdmaException {
        Optional<String> missing = Native.missing();
        if (missing.isPresent()) {
            throw new RdmaException(RdmaStatus.RESOURCES, missing.get());
        }
        OPENING.lock();
        try {
            var all = adapters;
            if (all == null) {
                var opened = new ArrayList<UcAdapter>();
                Verbs.eachDevice((device, name) -> opened.add(UcAdapter.open(device, name, REGISTERED)));
                all = List.copyOf(opened);
                adapters = all;
            }
            return all;
        } finally {
            OPENING.unlock();
        }
    }

    /** The adapters stay open with the process. */
    @Override
    public void close() {
        // Ports give back what is theirs.
    }
}
