package dev.penstock.collective;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.io.IOException;

class IwarpCollectiveTest extends AbstractCollectiveContract {
    @Override
    protected Device open() throws IOException {
        return RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT);
    }
}
