package dev.penstock.smb.state;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Where the server listens, for clients that ask by which other ways they can reach it, too. Thread-safe. */
public final class Listening {
    private final List<InetSocketAddress> tcp = new CopyOnWriteArrayList<>();
    private final List<Direct> direct = new CopyOnWriteArrayList<>();

    private record Direct(InetSocketAddress bound, Predicate<InetAddress> reached) {}

    /** It listens there for TCP. */
    public void forTcp(InetSocketAddress bound) {
        tcp.add(bound);
    }

    /**
     * It listens there for SMB Direct.
     *
     * @param reached of which addresses of this machine the device is reached
     */
    public void forDirect(InetSocketAddress bound, Predicate<InetAddress> reached) {
        direct.add(new Direct(bound, reached));
    }

    /** Where it listens for TCP. */
    public List<InetSocketAddress> tcp() {
        return List.copyOf(tcp);
    }

    /** Where it listens for SMB Direct. */
    public List<InetSocketAddress> direct() {
        return direct.stream().map(Direct::bound).toList();
    }

    /** Whether a client that dials an address of this machine finds it by TCP. */
    public boolean byTcp(InetAddress local) {
        return tcp.stream().anyMatch(bound -> covers(bound, local));
    }

    /** Whether it finds it by SMB Direct there. May block for a moment. */
    public boolean byDirect(InetAddress local) {
        return direct.stream().anyMatch(way -> covers(way.bound, local) && way.reached.test(local));
    }

    /** Whether it listens for SMB Direct at this very address, and not at all there are. */
    public boolean directAtItself(InetAddress local) {
        return direct.stream().anyMatch(way -> way.bound.getAddress().equals(local));
    }

    private static boolean covers(InetSocketAddress bound, InetAddress local) {
        return bound.getAddress().isAnyLocalAddress() || bound.getAddress().equals(local);
    }
}
