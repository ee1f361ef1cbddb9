package dev.penstock.tools;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import java.net.InetAddress;
import java.util.Optional;

/** Which device serves an address. */
final class RdmaDevices {
    /** Whatever has the address. */
    static final String AUTO = "auto";

    private static final String IWARP = "iwarp";

    private RdmaDevices() {}

    /**
     * Opens the device that has an address; iWARP in user space takes every one.
     *
     * @param provider a provider's name, or {@link #AUTO}
     */
    static Device at(InetAddress address, String provider) {
        try {
            if (provider.equals(AUTO)) {
                for (RdmaProvider candidate : RdmaProvider.all()) {
                    Optional<String> device = candidate.automatic() ? candidate.deviceOf(address) : Optional.empty();
                    if (device.isPresent()) {
                        return candidate.open(new DeviceOptions(device.get(), false));
                    }
                }
                return iwarp();
            }
            RdmaProvider chosen = named(provider);
            if (chosen.availability() instanceof RdmaProvider.Availability.Unavailable missing) {
                throw new UserError("no RDMA by " + provider + ": " + missing.reason());
            }
            String device = chosen.deviceOf(address).orElse("");
            if (device.isEmpty() && !provider.equals(IWARP)) {
                throw new UserError("no device of " + provider + " has the address " + address.getHostAddress()
                        + "; penstock devices shows those there are");
            }
            return chosen.open(new DeviceOptions(device, false));
        } catch (RdmaException e) {
            throw new UserError("no RDMA: " + e.getMessage());
        }
    }

    /** The embedded default: iWARP in user space. */
    static Device iwarp() throws RdmaException {
        return named(IWARP).open(DeviceOptions.DEFAULT);
    }

    private static RdmaProvider named(String name) {
        return RdmaProvider.named(name)
                .orElseThrow(() -> new UserError("there is no RDMA provider " + name + "; there are "
                        + RdmaProvider.all().stream().map(p -> p.name()).toList()));
    }
}
