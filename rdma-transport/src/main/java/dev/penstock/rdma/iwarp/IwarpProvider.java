package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.Machine;
import java.util.List;

/** iWARP over the sockets of the operating system: there on every machine. */
public final class IwarpProvider implements RdmaProvider {
    private static final String DEVICE = "sockets";

    /** For the service loader. */
    public IwarpProvider() {}

    @Override
    public String name() {
        return "iwarp";
    }

    @Override
    public Availability availability() {
        return new Availability.Available(List.of(DEVICE));
    }

    @Override
    public Device open(DeviceOptions options) throws RdmaException {
        if (!options.name().isEmpty() && !options.name().equals(DEVICE)) {
            throw new RdmaException(RdmaStatus.RESOURCES, "iwarp has no device " + options.name());
        }
        return open(options, Machine.REAL);
    }

    /** The device of a machine: this one, or a simulated one. */
    public static Device open(DeviceOptions options, Machine machine) {
        return new IwarpDevice(options.checksums(), machine);
    }
}
