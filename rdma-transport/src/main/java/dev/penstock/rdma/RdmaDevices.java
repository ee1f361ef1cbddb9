package dev.penstock.rdma;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which device serves an address of this machine, and which leads to another machine. Any thread. */
public final class RdmaDevices {
    /** In place of a provider's name: whatever has the address. */
    public static final String AUTO = "auto";

    private static final String IWARP = "iwarp";

    /** Any port: nothing is sent. */
    private static final int DISCARD = 9;

    private static final Logger LOG = LoggerFactory.getLogger(RdmaDevices.class);

    private RdmaDevices() {}

    /**
     * A device, and addresses of this machine that it has.
     *
     * @param addresses one at least
     */
    public record Serving(Device device, List<InetAddress> addresses) {}

    /**
     * What opens a device.
     *
     * @param provider the provider's name
     * @param device its name of the device; empty where the provider has one for all addresses
     */
    public record Way(String provider, String device) {
        Device open() throws RdmaException {
            return named(provider).open(new DeviceOptions(device, false));
        }

        @Override
        public String toString() {
            return device.isEmpty() ? provider : provider + " " + device;
        }
    }

    /**
     * Opens what leads by all of these ways, which are of one provider. The caller closes it.
     *
     * @throws RdmaException where the provider refuses; with words for the person at the console
     */
    public static Device open(Collection<Way> ways) throws RdmaException {
        Way first = ways.iterator().next();
        if (ways.stream().anyMatch(way -> !way.provider.equals(first.provider))) {
            throw new IllegalArgumentException("ways of several providers");
        }
        return new Way(first.provider, ways.stream().map(Way::device).distinct().collect(Collectors.joining(",")))
                .open();
    }

    /**
     * Opens the device that has an address; iWARP in user space takes every one. The caller closes it.
     *
     * @param local of this machine
     * @param provider a provider's name, or {@link #AUTO}
     * @throws RdmaException with words for the person at the console
     */
    public static Device at(InetAddress local, String provider) throws RdmaException {
        return choose(local, provider).open();
    }

    /**
     * Opens the devices that have several addresses, each device once. The caller closes them.
     *
     * @param locals of this machine
     * @param provider a provider's name, or {@link #AUTO}: then each address is served by what has it
     * @throws RdmaException as {@link #at}, and then none is left open
     */
    public static List<Serving> serving(List<InetAddress> locals, String provider) throws RdmaException {
        var chosen = new LinkedHashMap<Way, List<InetAddress>>();
        for (InetAddress local : locals) {
            chosen.computeIfAbsent(choose(local, provider), _ -> new ArrayList<>())
                    .add(local);
        }
        var open = new ArrayList<Serving>();
        try {
            for (var one : chosen.entrySet()) {
                open.add(new Serving(one.getKey().open(), List.copyOf(one.getValue())));
            }
            return List.copyOf(open);
        } catch (RdmaException e) {
            open.forEach(one -> one.device().close());
            throw e;
        }
    }

    /**
     * Finds the device that has an address; iWARP in user space takes every one.
     *
     * @param local of this machine
     * @param provider a provider's name, or {@link #AUTO}
     * @throws RdmaException as {@link #at}
     */
    public static Way choose(InetAddress local, String provider) throws RdmaException {
        if (provider.equals(AUTO)) {
            for (RdmaProvider candidate : RdmaProvider.all()) {
                Optional<String> device = candidate.automatic() ? candidate.deviceOf(local) : Optional.empty();
                if (device.isPresent()) {
                    return new Way(candidate.name(), device.get());
                }
            }
            return new Way(IWARP, "");
        }
        RdmaProvider chosen = named(provider);
        if (chosen.availability() instanceof RdmaProvider.Availability.Unavailable missing) {
            throw new RdmaException(RdmaStatus.RESOURCES, "no RDMA by " + provider + ": " + missing.reason());
        }
        String device = chosen.deviceOf(local).orElse("");
        if (device.isEmpty() && !provider.equals(IWARP)) {
            throw new RdmaException(
                    RdmaStatus.RESOURCES,
                    "no device of " + provider + " has the address " + local.getHostAddress()
                            + "; penstock devices shows those there are");
        }
        return new Way(provider, device);
    }

    /**
     * The addresses of this machine that a provider's devices have, of interfaces that are up; those alone that other machines can dial.
     *
     * @param provider a provider's name
     * @throws IOException where the system does not say what addresses there are, or there is no such provider
     */
    public static List<InetAddress> addressesOf(String provider) throws IOException {
        RdmaProvider asked = named(provider);
        return ownAddresses().stream()
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .filter(address -> asked.deviceOf(address).isPresent())
                .toList();
    }

    /**
     * The addresses of this machine, of interfaces that are up.
     *
     * @throws IOException where the system does not say what addresses there are
     */
    public static List<InetAddress> ownAddresses() throws IOException {
        var found = new ArrayList<InetAddress>();
        for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            if (one.isUp()) {
                found.addAll(Collections.list(one.getInetAddresses()));
            }
        }
        return List.copyOf(found);
    }

    /**
     * The addresses of this machine that have an adapter whose connections are not TCP's, as those of InfiniBand and RoCE are not: it takes them
     * beside a socket that listens at all addresses. An iWARP adapter, and Thunderbolt, listen on ports of TCP, which such a socket has taken.
     *
     * @throws IOException where the system does not say what addresses there are
     */
    public static List<InetAddress> addressesBesideTcp() throws IOException {
        var found = new ArrayList<InetAddress>();
        for (RdmaProvider candidate : RdmaProvider.all()) {
            for (InetAddress local : candidate.automatic() ? addressesOf(candidate.name()) : List.<InetAddress>of()) {
                try (Device device = at(local, candidate.name())) {
                    if (!device.usesTcpPorts()) {
                        found.add(local);
                    }
                } catch (RdmaException e) {
                    LOG.debug("{} has no device that can be opened", local, e);
                }
            }
        }
        return List.copyOf(found);
    }

    /**
     * Opens the device by which a machine is reached: that of the address from which the system's routes lead there. The caller closes it.
     *
     * @param provider a provider's name, or {@link #AUTO}
     * @throws IOException where no route leads there, or as {@link #at}
     */
    public static Device towards(InetAddress remote, String provider) throws IOException {
        return at(sourceAddressTo(remote), provider);
    }

    /**
     * The address of this machine from which the other is reached. Asks the system's routes; sends nothing.
     *
     * @throws IOException where no route leads there
     */
    public static InetAddress sourceAddressTo(InetAddress remote) throws IOException {
        try (var socket = DatagramChannel.open()) {
            socket.connect(new InetSocketAddress(remote, DISCARD));
            return ((InetSocketAddress) socket.getLocalAddress()).getAddress();
        }
    }

    /** The embedded default: iWARP in user space. */
    public static Device iwarp() throws RdmaException {
        return named(IWARP).open(DeviceOptions.DEFAULT);
    }

    private static RdmaProvider named(String name) throws RdmaException {
        return RdmaProvider.named(name)
                .orElseThrow(() -> new RdmaException(
                        RdmaStatus.RESOURCES,
                        "there is no RDMA provider " + name + "; there are "
                                + RdmaProvider.all().stream()
                                        .map(RdmaProvider::name)
                                        .toList()));
    }
}
