package dev.penstock.smb.state;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Where the server listens, for clients that ask by which other ways they can reach it. Thread-safe. */
public final class Listening {
    private final List<InetAddress> tcp = new CopyOnWriteArrayList<>();
    private final List<Predicate<InetAddress>> direct = new CopyOnWriteArrayList<>();

    /** It listens there for TCP. */
    public void forTcp(InetSocketAddress address) {
        tcp.add(address.getAddress());
    }

    /**
     * It listens there for SMB Direct.
     *
     * @param reached of which addresses of this machine the device is reached
     */
    public void forDirect(InetSocketAddress address, Predicate<InetAddress> reached) {
        InetAddress bound = address.getAddress();
        direct.add(local -> covers(bound, local) && reached.test(local));
    }

    /** Whether a client that dials an address of this machine finds it by TCP. */
    public boolean byTcp(InetAddress local) {
        return tcp.stream().anyMatch(bound -> covers(bound, local));
    }

    /** Whether it finds it by SMB Direct there. May block for a moment. */
    public boolean byDirect(InetAddress local) {
        return direct.stream().anyMatch(way -> way.test(local));
    }

    private static boolean covers(InetAddress bound, InetAddress local) {
        return bound.isAnyLocalAddress() || bound.equals(local);
    }
}
