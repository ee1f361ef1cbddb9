package dev.penstock.smb.handler;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This machine's network interfaces, as the operating system tells of them. */
final class HostInterfaces {
    private static final Path LINUX = Path.of("/sys/class/net");
    private static final long MEGABIT = 1_000_000;

    /** Where the operating system does not tell. */
    private static final long GIGABIT = 1000 * MEGABIT;

    /** A virtual network above a bond in a bridge. */
    private static final int MOST_LAYERS = 4;

    private HostInterfaces() {}

    /**
     * One that is up.
     *
     * @param hardware whether a cable or a radio is below it, at whatever depth; others lead to what runs on this machine
     */
    record Interface(int index, boolean loopback, boolean hardware, long bitsPerSecond, List<Address> addresses) {}

    /** An address and how many of its bits are its network's. */
    record Address(InetAddress address, int prefix) {}

    /** All of them; none where the system does not tell. May block. */
    static List<Interface> all() {
        var all = new ArrayList<Interface>();
        try {
            for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
                if (one.isUp()) {
                    all.add(new Interface(
                            one.getIndex(),
                            one.isLoopback(),
                            isHardware(one),
                            speed(one.getName()),
                            one.getInterfaceAddresses().stream()
                                    .map(a -> new Address(a.getAddress(), a.getNetworkPrefixLength()))
                                    .toList()));
                }
            }
        } catch (SocketException e) {
            return List.of();
        }
        return all;
    }

    private static boolean isHardware(NetworkInterface one) throws SocketException {
        return Files.isDirectory(LINUX)
                ? hasDevice(one.getName(), MOST_LAYERS)
                // macOS: utun is a VPN's; bridges from 100 on are those of virtual machines, bridge0 is Thunderbolt's.
                : !one.isPointToPoint() && !one.getName().matches("bridge\\d{3,}|vmnet\\d+|vmenet\\d+");
    }

    private static boolean hasDevice(String name, int layers) {
        Path entry = LINUX.resolve(name);
        if (Files.exists(entry.resolve("device"))) {
            return true;
        }
        if (layers == 0) {
            return false;
        }
        try (DirectoryStream<Path> below = Files.newDirectoryStream(entry, "lower_*")) {
            for (Path lower : below) {
                if (hasDevice(lower.getFileName().toString().substring("lower_".length()), layers - 1)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // gone meanwhile
        }
        return false;
    }

    /** Clients use the fastest links only, so that a wrong speed has them use the wrong ones. Linux tells it; Java does not. */
    private static long speed(String name) {
        try {
            long megabits = Long.parseLong(
                    Files.readString(LINUX.resolve(name).resolve("speed")).strip());
            return megabits > 0 ? megabits * MEGABIT : GIGABIT;
        } catch (IOException | NumberFormatException _) {
            return GIGABIT;
        }
    }
}
