package dev.penstock.smb.handler;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The answer to FSCTL_QUERY_NETWORK_INTERFACE_INFO. [MS-SMB2] 2.2.32.5. */
final class NetworkInterfaces {
    private static final int MAX_ENTRIES = 64;
    private static final int SOCKADDR_STORAGE = 128;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 23;
    private static final long MEGABIT = 1_000_000;

    /** Where the operating system does not tell. */
    private static final long GIGABIT = 1000 * MEGABIT;

    private NetworkInterfaces() {}

    private record Entry(int index, InetAddress address, long bitsPerSecond) {}

    static Blob describe(String peer) {
        List<Entry> entries = entries(isLoopback(peer));
        var out = new WireWriter(entries.size() * 152 + 1);
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            boolean last = i == entries.size() - 1;
            out.i32(last ? 0 : 152).i32(entry.index).i32(0).i32(0).i64(entry.bitsPerSecond);
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

    /** A client on this machine reaches this machine best by its loopback; for any other that leads nowhere. */
    private static boolean isLoopback(String peer) {
        try {
            return InetAddress.ofLiteral(peer).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Clients use the fastest links only, so that a wrong speed has them use the wrong ones. Linux tells it; Java does not. */
    private static long speed(String name) {
        try {
            long megabits = Long.parseLong(
                    Files.readString(Path.of("/sys/class/net", name, "speed")).strip());
            return megabits > 0 ? megabits * MEGABIT : GIGABIT;
        } catch (IOException | NumberFormatException _) {
            return GIGABIT;
        }
    }

    private static List<Entry> entries(boolean loopback) {
        var entries = new ArrayList<Entry>();
        try {
            for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
                if (!one.isUp() || one.isLoopback() != loopback) {
                    continue;
                }
                long speed = speed(one.getName());
                for (InetAddress address : one.inetAddresses().toList()) {
                    if (!address.isLinkLocalAddress() && entries.size() < MAX_ENTRIES) {
                        entries.add(new Entry(one.getIndex(), address, speed));
                    }
                }
            }
        } catch (SocketException e) {
            return List.of();
        }
        return entries;
    }
}
