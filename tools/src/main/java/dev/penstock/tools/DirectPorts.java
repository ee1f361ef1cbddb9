package dev.penstock.tools;

import dev.penstock.rdma.RdmaDevices;
import dev.penstock.rdma.RdmaException;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Where a store listens for SMB Direct, and by which devices: those that somebody has named, and where nobody has, those that are there. */
final class DirectPorts {
    /** What listens at all addresses at once; adapters do at their own. */
    private static final Set<String> SOCKETS = Set.of(RdmaDevices.AUTO, "iwarp");

    private static final String THUNDERBOLT = "thunderbolt";

    private final String provider;

    /** As it was asked for. */
    private final Map<InetAddress, Integer> named = new LinkedHashMap<>();

    /** The same, with the adapters that nobody has named. */
    private final Map<InetAddress, Integer> all = new LinkedHashMap<>();

    private final List<InetAddress> adapters = new ArrayList<>();

    private DirectPorts(String provider) {
        this.provider = provider;
    }

    /** None. */
    static DirectPorts none() {
        return new DirectPorts(RdmaDevices.AUTO);
    }

    /**
     * Finds what has the addresses.
     *
     * @param listen ADDR:PORT,...
     * @param provider a provider's name, or {@link RdmaDevices#AUTO}
     * @throws UserError where nothing has
     */
    static DirectPorts of(String listen, String provider) throws IOException {
        var ports = new DirectPorts(provider);
        for (String one : listen.split(",", -1)) {
            ports.add(Addresses.parse("--rdma-listen", one.strip()));
        }
        if (ports.named.isEmpty()) {
            throw new UserError("no address of this machine is one of a device of " + provider
                    + "; penstock devices shows those there are");
        }
        // What somebody has named is at the port that he has named.
        ports.named.forEach((local, port) -> ports.all.computeIfPresent(local, (_, _) -> port));
        return ports;
    }

    private void add(InetSocketAddress address) throws IOException {
        InetAddress local = address.getAddress();
        boolean everywhere = local.isAnyLocalAddress();
        List<InetAddress> asked =
                everywhere && !SOCKETS.contains(provider) ? RdmaDevices.addressesOf(provider) : List.of(local);
        asked.forEach(one -> named.put(one, address.getPort()));
        List<InetAddress> found = everywhere && provider.equals(RdmaDevices.AUTO) ? everywhere(local) : asked;
        found.forEach(one -> all.put(one, address.getPort()));
    }

    /** Sockets, and the adapters whose connections are not those of sockets. */
    private List<InetAddress> everywhere(InetAddress any) throws IOException {
        List<InetAddress> own = RdmaDevices.ownAddresses();
        var cables = new ArrayList<InetAddress>();
        for (InetAddress one : own) {
            if (isForAll(one) && RdmaDevices.choose(one, provider).provider().equals(THUNDERBOLT)) {
                cables.add(one);
            }
        }
        adapters.addAll(RdmaDevices.addressesBesideTcp());
        adapters.addAll(cables);
        var found = new ArrayList<>(adapters);
        found.addAll(sockets(any, own, cables));
        return found;
    }

    /**
     * Where sockets listen beside cables of Thunderbolt: those begin on a port of TCP and are not iWARP, so that each has the port at its own address
     * for itself. Without cables at all addresses, also those that come later.
     */
    static List<InetAddress> sockets(InetAddress any, List<InetAddress> own, List<InetAddress> cables) {
        return cables.isEmpty()
                ? List.of(any)
                : own.stream()
                        .filter(address -> isForAll(address) && !cables.contains(address))
                        .toList();
    }

    /** Addresses of the link mean nothing without an interface's name, which is another one at the other end. */
    private static boolean isForAll(InetAddress address) {
        return !(address instanceof Inet6Address && address.isLinkLocalAddress());
    }

    /** A server that listens. An adapter that nobody has named may refuse, as for want of memory that may be locked; the rest is served then. */
    SmbServer start(SmbServerConfig base) throws IOException {
        if (!adapters.isEmpty()) {
            try {
                return start(base, all);
            } catch (RdmaException e) {
                System.err.println("no SMB Direct by the adapters of "
                        + adapters.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "))
                        + ", but by iWARP in user space: " + e.getMessage()
                        + "; penstock doctor says what is in the way");
            }
        }
        return start(base, named);
    }

    /** The devices live as long as the process, if the server can be started. */
    private SmbServer start(SmbServerConfig base, Map<InetAddress, Integer> ports) throws IOException {
        SmbServerConfig config = base;
        for (RdmaDevices.Serving served : RdmaDevices.serving(List.copyOf(ports.keySet()), provider)) {
            config = config.withRdma(
                    served.device(),
                    served.addresses().stream()
                            .map(local -> new InetSocketAddress(local, Objects.requireNonNull(ports.get(local))))
                            .toArray(InetSocketAddress[]::new));
        }
        var server = new SmbServer(config);
        try {
            server.start();
            return server;
        } catch (IOException e) {
            end(server);
            throw e;
        } catch (UncheckedIOException e) {
            end(server);
            throw e.getCause();
        }
    }

    private static void end(SmbServer server) {
        server.close();
        server.config().rdma().forEach(direct -> direct.device().close());
    }
}
