package dev.penstock.rdma.verbs;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Unreliable connections of whatever verbs there are, made reliable: on a Mac all that Thunderbolt has. Elsewhere adapters with reliable connections
 * are better used by {@link VerbsProvider}. One device for all adapters: which of them a connection goes by is told by its local address.
 * Thread-safe.
 */
public final class ThunderboltProvider implements RdmaProvider {
    /** For the service loader. */
    public ThunderboltProvider() {}

    @Override
    public String name() {
        return "thunderbolt";
    }

    @Override
    public Availability availability() {
        List<String> names = devices().stream()
                .filter(DeviceReport::usable)
                .map(DeviceReport::name)
                .toList();
        if (!names.isEmpty()) {
            return new Availability.Available(names);
        }
        return new Availability.Unavailable(
                Native.missing().orElse("no adapter has unreliable connections and a link"));
    }

    @Override
    public List<DeviceReport> devices() {
        if (Native.missing().isPresent()) {
            return List.of();
        }
        var reports = new ArrayList<DeviceReport>();
        try {
            Verbs.eachDevice((device, name) -> {
                boolean iwarp = Structs.i32(Native.sized(device, Structs.DEVICE), Structs.DEVICE_TRANSPORT_TYPE)
                        == Verbs.TRANSPORT_IWARP;
                DeviceReport one = DeviceInspection.of(device, name, Optional.empty());
                reports.add(
                        iwarp
                                ? new DeviceReport(name, false, "iWARP has no unreliable connections")
                                : new DeviceReport(
                                        name, one.usable(), "unreliable connections made reliable; " + one.detail()));
            });
        } catch (RdmaException e) {
            return List.of();
        }
        return List.copyOf(reports);
    }

    @Override
    public Optional<String> deviceOf(InetAddress address) {
        return UcFabric.deviceOf(address);
    }

    /** Only where there is nothing better. */
    @Override
    public boolean automatic() {
        return !VerbsLibrary.HERE.connects();
    }

    @Override
    public Device open(DeviceOptions options) throws RdmaException {
        Optional<String> missing = Native.missing();
        if (missing.isPresent()) {
            throw new RdmaException(RdmaStatus.RESOURCES, missing.get());
        }
        return new ThunderboltDevice(new UcFabric(VerbsLibrary.HERE.depth()));
    }
}
