package dev.penstock.smb.handler;

import dev.penstock.smb.handler.HostInterfaces.Address;
import dev.penstock.smb.handler.HostInterfaces.Interface;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The answer to FSCTL_QUERY_NETWORK_INTERFACE_INFO, [MS-SMB2] 2.2.32.5: the addresses that this client can reach the server by. Of one that
 * leads nowhere a client learns by waiting.
 */
final class NetworkInterfaces {
    private static final int MAX_ENTRIES = 64;
    private static final int ENTRY = 152;
    private static final int SOCKADDR_STORAGE = 128;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 23;
    private static final int RDMA_CAPABLE = 2;

    private NetworkInterfaces() {}

    private record Entry(int index, InetAddress address, boolean rdma, long bitsPerSecond) {}

    /** The answer to a client at {@code peer}, an address without a port; empty where no way is known. */
    static Blob describe(List<Interface> all, String peer, Listening listening) {
        List<Entry> entries = entries(all, literal(peer), listening);
        var out = new WireWriter(entries.size() * ENTRY + 1);
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            boolean last = i == entries.size() - 1;
            out.i32(last ? 0 : ENTRY)
                    .i32(entry.index)
                    .i32(entry.rdma ? RDMA_CAPABLE : 0)
                    .i32(0)
                    .i64(entry.bitsPerSecond);
            int start = out.position();
            if (entry.address instanceof Inet4Address) {
                out.u16(AF_INET).u16(0).bytes(entry.address.getAddress());
            } else {
                out.u16(AF_INET6)
                        .u16(0)
                        .i32(0)
                        .bytes(entry.address.getAddress())
                        .i32(0);
            }
            out.zeros(SOCKADDR_STORAGE - (out.position() - start));
        }
        return out.toBlob();
    }

    private static InetAddress literal(String peer) {
        try {
            return InetAddress.ofLiteral(peer);
        } catch (IllegalArgumentException e) {
            return InetAddress.getLoopbackAddress();
        }
    }

    private static List<Entry> entries(List<Interface> all, InetAddress peer, Listening listening) {
        List<Entry> reachable = new ArrayList<>();
        List<Entry> others = new ArrayList<>();
        Set<InetAddress> seen = new HashSet<>();
        // In a container nothing has hardware below it, and every interface leads out.
        boolean contained = all.stream().noneMatch(Interface::hardware);
        for (Interface one : all) {
            // A client on this machine reaches this machine best by its loopback; for any other that leads nowhere.
            if (one.loopback() != peer.isLoopbackAddress()) {
                continue;
            }
            for (Address address : one.addresses()) {
                InetAddress local = address.address();
                if (!local.isLinkLocalAddress() && listening.byTcp(local) && seen.add(local)) {
                    // An adapter's address leads out, also where it is one in software on a virtual interface.
                    boolean out = one.hardware() || listening.directAtItself(local);
                    boolean reaches = contained || one.loopback() || out || isOnLink(address, peer);
                    (reaches ? reachable : others)
                            .add(new Entry(one.index(), local, listening.byDirect(local), one.bitsPerSecond()));
                }
            }
        }
        // Clients of a container may come through the host's translation.
        List<Entry> chosen = reachable.isEmpty() ? others : reachable;
        return chosen.subList(0, Math.min(MAX_ENTRIES, chosen.size()));
    }

    /** Whether the client is on the network that an address of ours is in. */
    private static boolean isOnLink(Address ours, InetAddress peer) {
        byte[] own = ours.address().getAddress();
        byte[] other = peer.getAddress();
        if (own.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < ours.prefix(); bit++) {
            int mask = 0x80 >> bit % 8;
            if (((own[bit / 8] ^ other[bit / 8]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }
}
