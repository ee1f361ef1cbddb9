package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider.DeviceReport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at one adapter and says what stands in its way, in words for the person at the console. Any thread. */
final class DeviceInspection {
    private static final Path CLASS = Path.of("/sys/class/infiniband");
    private static final Path LIMITS = Path.of("/proc/self/limits");

    /** Whether an adapter is the kernel's alone: behind one of hardware there is a device. */
    static boolean isSoftware(String name) {
        return Files.isDirectory(CLASS.resolve(name))
                && !Files.exists(CLASS.resolve(name).resolve("device"));
    }

    /** Less than this of locked memory cannot hold the buffers of a single connection. */
    private static final long LEAST_LOCKED = 64L << 20;

    private static final List<String> PORT_STATES = List.of("nothing", "down", "initialising", "armed", "active");

    private DeviceInspection() {}

    /** Of a pointer to {@code ibv_device}. */
    static boolean speaksIwarp(MemorySegment device) {
        return Structs.i32(Native.sized(device, Structs.DEVICE), Structs.DEVICE_TRANSPORT_TYPE)
                == Verbs.TRANSPORT_IWARP;
    }

    static DeviceReport of(MemorySegment device, String name, Optional<String> obstacle) {
        boolean iwarp = speaksIwarp(device);
        String interfaceName = read(CLASS.resolve(name).resolve("ports/1/gid_attrs/ndevs/0"));
        String on = interfaceName.isEmpty() ? "" : " on " + interfaceName;
        if (obstacle.isPresent()) {
            return new DeviceReport(name, false, (iwarp ? "iWARP" : "RDMA") + on + ": " + obstacle.get());
        }
        try {
            MemorySegment context = Verbs.openDevice(device);
            try {
                return opened(context, name, iwarp, on);
            } finally {
                Verbs.closeDevice(context);
            }
        } catch (RdmaException e) {
            return new DeviceReport(name, false, e.getMessage() + on);
        }
    }

    private static DeviceReport opened(MemorySegment context, String name, boolean iwarp, String on)
            throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var port = arena.allocate(Structs.PORT_ATTR, 8);
            Verbs.queryPort(context, 1, port);
            int state = Structs.i32(port, Structs.PORT_ATTR_STATE);
            boolean ethernet = Structs.u8(port, Structs.PORT_ATTR_LINK_LAYER) == 2;
            String kind = iwarp ? "iWARP" : ethernet ? "RoCE" : "InfiniBand";
            var detail = new ArrayList<String>();
            detail.add(kind + on);
            if (!iwarp) {
                detail.add("MTU " + (128 << Structs.i32(port, Structs.PORT_ATTR_ACTIVE_MTU)));
            }
            detail.add("port "
                    + (state >= 0 && state < PORT_STATES.size() ? PORT_STATES.get(state) : "in state " + state));
            Optional<String> locked = lockedMemory();
            locked.ifPresent(detail::add);
            return new DeviceReport(name, state == Verbs.PORT_ACTIVE && locked.isEmpty(), String.join(", ", detail));
        }
    }

    /** What is wrong with the limit of locked memory, which registration counts against. */
    private static Optional<String> lockedMemory() {
        for (String line : read(LIMITS).lines().toList()) {
            String[] words = line.trim().split("\\s{2,}");
            if (words.length > 1 && words[0].equals("Max locked memory") && !words[1].equals("unlimited")) {
                boolean privileged = "root".equals(System.getProperty("user.name"));
                long bytes = Long.parseLong(words[1]);
                return privileged || bytes >= LEAST_LOCKED
                        ? Optional.empty()
                        : Optional.of("only " + (bytes >> 10)
                                + " KiB of memory may be locked (ulimit -l; LimitMEMLOCK= of a systemd unit)");
            }
        }
        return Optional.empty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).trim();
        } catch (IOException _) {
            return "";
        }
    }
}
