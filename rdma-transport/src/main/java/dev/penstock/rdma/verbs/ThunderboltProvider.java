package dev.penstock.rdma.verbs;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
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
        return Adapters.availability(
                devices(), () -> Native.missing().orElse("no adapter has unreliable connections and a link"));
    }

    @Override
    public List<DeviceReport> devices() {
        return Adapters.reports(Native.missing(), ThunderboltProvider::report);
    }

    private static DeviceReport report(MemorySegment device, String name) {
        if (DeviceInspection.speaksIwarp(device)) {
            return new DeviceReport(name, false, "iWARP has no unreliable connections");
        }
        DeviceReport any = DeviceInspection.of(device, name, Optional.empty());
        return new DeviceReport(name, any.usable(), "unreliable connections made reliable; " + any.detail());
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
        Adapters.refuseFor(Native.missing());
        return new ThunderboltDevice(new UcFabric(VerbsLibrary.HERE.depth()));
    }
}
