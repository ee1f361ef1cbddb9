package dev.penstock.smb.server;

import dev.penstock.rdma.Device;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a server is made of.
 *
 * @param name that it gives itself, at most 15 letters by NetBIOS' rule
 * @param listen addresses for TCP; port 0 takes any that is free
 * @param shares what clients can connect to; IPC$ comes by itself
 * @param signingRequired nothing unsigned is taken, but what is encrypted
 * @param encrypt nothing is taken that is not encrypted
 * @param rdma devices that SMB Direct goes over; none where there is no SMB Direct
 */
public record SmbServerConfig(
        String name,
        List<InetSocketAddress> listen,
        List<Share> shares,
        UserStore users,
        boolean signingRequired,
        boolean encrypt,
        List<Rdma> rdma,
        Sizes sizes) {
    /**
     * SMB Direct over one device.
     *
     * @param device stays the caller's, who closes it after the server
     * @param listen addresses; port 0 takes any that is free
     */
    public record Rdma(Device device, List<InetSocketAddress> listen) {}

    /**
     * Limits and pools.
     *
     * @param loops threads that own connections
     * @param ioThreads threads that may block on files
     * @param connections in all
     * @param connectionsPerAddress from one address
     * @param maxTransact most bytes of one request; a multiple of 64 KiB, at most 8 MiB
     * @param largeRequests requests of the largest size that may be in memory at once
     */
    public record Sizes(
            int loops, int ioThreads, int connections, int connectionsPerAddress, int maxTransact, int largeRequests) {
        /** For a machine of this size. */
        public static Sizes standard() {
            int processors = Runtime.getRuntime().availableProcessors();
            return new Sizes(
                    Math.max(1, processors / 2),
                    Math.clamp(4L * processors, 8, 64), // disks like queues: more threads than processors
                    1024,
                    128,
                    8 << 20,
                    32);
        }
    }

    /** Signed, not encrypted, of standard sizes. */
    public static SmbServerConfig of(InetSocketAddress listen, List<Share> shares, UserStore users) {
        return new SmbServerConfig(
                "PENSTOCK", List.of(listen), shares, users, true, false, List.of(), Sizes.standard());
    }

    /** With another rule about signatures. */
    public SmbServerConfig withSigningRequired(boolean required) {
        return new SmbServerConfig(name, listen, shares, users, required, encrypt, rdma, sizes);
    }

    /** With another rule about encryption. */
    public SmbServerConfig withEncrypt(boolean required) {
        return new SmbServerConfig(name, listen, shares, users, signingRequired, required, rdma, sizes);
    }

    /** With SMB Direct over a device, beside those that there are. */
    public SmbServerConfig withRdma(Device device, InetSocketAddress... addresses) {
        var direct = Stream.concat(rdma.stream(), Stream.of(new Rdma(device, List.of(addresses))))
                .toList();
        return new SmbServerConfig(name, listen, shares, users, signingRequired, encrypt, direct, sizes);
    }

    /** With other sizes. */
    public SmbServerConfig withSizes(Sizes other) {
        return new SmbServerConfig(name, listen, shares, users, signingRequired, encrypt, rdma, other);
    }
}
