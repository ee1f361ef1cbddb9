package dev.penstock.rdma.verbs;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The adapters that libibverbs knows: InfiniBand, RoCE, iWARP, and the kernel's own in software. Thread-safe. */
public final class VerbsProvider implements RdmaProvider {
    private static final Path CONNECTION_MANAGER = Path.of("/dev/infiniband/rdma_cm");

    /** For the service loader. */
    public VerbsProvider() {}

    @Override
    public String name() {
        return "verbs";
    }

    @Override
    public Availability availability() {
        List<DeviceReport> devices = devices();
        return Adapters.availability(
                devices,
                () -> devices.isEmpty()
                        ? obstacle().orElse("there is no RDMA device")
                        : devices.getFirst().detail());
    }

    @Override
    public List<DeviceReport> devices() {
        Optional<String> obstacle = obstacle();
        return Adapters.reports(
                Native.missingConnections(), (device, name) -> DeviceInspection.of(device, name, obstacle));
    }

    /** What stands against all devices at once. */
    private static Optional<String> obstacle() {
        Optional<String> missing = Native.missingConnections();
        if (missing.isPresent()) {
            return missing;
        }
        if (!Files.exists(CONNECTION_MANAGER)) {
            return Optional.of(CONNECTION_MANAGER + " is not there: modprobe rdma_ucm");
        }
        if (!Files.isWritable(CONNECTION_MANAGER)) {
            return Optional.of(CONNECTION_MANAGER + " is not ours to open");
        }
        return Optional.empty();
    }

    @Override
    public Optional<String> deviceOf(InetAddress address) {
        if (obstacle().isPresent() || address.isAnyLocalAddress()) {
            return Optional.empty();
        }
        Optional<MemorySegment> context = ConnectionManager.contextAt(address);
        try {
            return context.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Verbs.name(Structs.pointer(context.get(), Structs.CONTEXT_DEVICE)));
        } catch (RdmaException e) {
            return Optional.empty(); // it went meanwhile
        }
    }

    @Override
    public Device open(DeviceOptions options) throws RdmaException {
        Adapters.refuseFor(obstacle());
        List<MemorySegment> contexts = ConnectionManager.contexts();
        if (options.name().isEmpty() && !contexts.isEmpty()) {
            return new VerbsDevice(contexts.subList(0, 1));
        }
        var chosen = new ArrayList<MemorySegment>();
        for (String wanted : options.name().split(",")) {
            chosen.add(named(contexts, wanted));
        }
        return new VerbsDevice(chosen);
    }

    private static MemorySegment named(List<MemorySegment> contexts, String name) throws RdmaException {
        for (MemorySegment context : contexts) {
            if (Verbs.name(Structs.pointer(context, Structs.CONTEXT_DEVICE)).equals(name)) {
                return context;
            }
        }
        throw new RdmaException(RdmaStatus.RESOURCES, "verbs has no device " + name);
    }
}
