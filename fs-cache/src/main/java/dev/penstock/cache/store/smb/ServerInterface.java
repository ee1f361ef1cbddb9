package dev.penstock.cache.store.smb;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that a server says it can be reached by: NETWORK_INTERFACE_INFO, [MS-SMB2] 2.2.32.5.
 *
 * @param index of the server's interface: addresses with the same one are on the same cable
 * @param rdma whether the interface does RDMA
 * @param bitsPerSecond of its link; 0 where the server does not know
 */
record ServerInterface(int index, boolean rdma, long bitsPerSecond, InetAddress address) {
    /** More than a server has cables, and as many as ours names. */
    static final int MOST = 64;

    /** The longest answer that is asked for: {@link #MOST} entries of 152 bytes are less than half of it. */
    static final int MOST_BYTES = 32 << 10;

    private static final int FIXED = 24;
    private static final int RDMA_CAPABLE = 2;

    /** The numbers of Windows, whatever the server runs on. */
    private static final int AF_INET = 2;

    private static final int AF_INET6 = 23;
    private static final int IPV4_ADDRESS = FIXED + 4;
    private static final int IPV6_ADDRESS = FIXED + 8;

    /**
     * Reads a server's answer. What is malformed ends the list; entries of families that are not known, and addresses that nobody can be reached by,
     * are left out.
     */
    static List<ServerInterface> decode(byte[] answer) {
        var all = new ArrayList<ServerInterface>();
        var fields = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        for (int seen = 0; seen < MOST; seen++) {
            if (answer.length - at < IPV4_ADDRESS + 4) {
                break;
            }
            int next = fields.getInt(at);
            if (next != 0 && next < IPV4_ADDRESS + 4 || next > answer.length - at) {
                break;
            }
            int end = next == 0 ? answer.length : at + next;
            var address = address(fields, at, end);
            if (address != null && usable(address)) {
                boolean rdma = (fields.getInt(at + 8) & RDMA_CAPABLE) != 0;
                long speed = Math.max(0, fields.getLong(at + 16));
                all.add(new ServerInterface(fields.getInt(at + 4), rdma, speed, address));
            }
            if (next == 0) {
                break;
            }
            at = end;
        }
        return List.copyOf(all);
    }

    private static @org.jspecify.annotations.Nullable InetAddress address(ByteBuffer fields, int at, int end) {
        int family = fields.getShort(at + FIXED) & 0xFFFF;
        byte[] bytes;
        int from;
        if (family == AF_INET) {
            bytes = new byte[4];
            from = at + IPV4_ADDRESS;
        } else if (family == AF_INET6) {
            bytes = new byte[16];
            from = at + IPV6_ADDRESS;
        } else {
            return null;
        }
        if (end - from < bytes.length) {
            return null;
        }
        fields.get(from, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** The address of a link alone would need the name of an interface, which only this machine knows. */
    private static boolean usable(InetAddress address) {
        boolean ofAll = address.isAnyLocalAddress() || address.isMulticastAddress();
        boolean ofLink = address instanceof Inet6Address && address.isLinkLocalAddress();
        return !ofAll && !ofLink;
    }
}
