package dev.penstock.tools;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider;
import java.io.IOException;

/** The embedded default of RDMA: iWARP in user space. */
final class Iwarp {
    private Iwarp() {}

    static Device open() throws IOException {
        RdmaProvider provider = RdmaProvider.named("iwarp")
                .orElseThrow(() -> new IllegalStateException("the build lacks its iWARP provider"));
        try {
            return provider.open(DeviceOptions.DEFAULT);
        } catch (RdmaException e) {
            throw new IOException("RDMA: " + e.getMessage(), e);
        }
    }
}
