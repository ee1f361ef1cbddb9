package dev.penstock.tools;

import dev.penstock.rdma.RdmaProvider;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Says what there is to do RDMA with. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        description = "Lists the RDMA devices of this machine, and why one cannot be used.")
final class DevicesCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        for (RdmaProvider provider : RdmaProvider.all()) {
            List<RdmaProvider.DeviceReport> devices = provider.devices();
            for (RdmaProvider.DeviceReport device : devices) {
                line(provider.name(), device.name(), device.usable() ? "usable" : "not usable", device.detail());
            }
            if (devices.isEmpty()
                    && provider.availability() instanceof RdmaProvider.Availability.Unavailable(String reason)) {
                line(provider.name(), "-", "not usable", reason);
            }
        }
        return 0;
    }

    private static void line(String provider, String device, String state, String detail) {
        System.out.printf("%-12s %-20s %-12s %s%n", provider, device, state, detail);
    }
}
