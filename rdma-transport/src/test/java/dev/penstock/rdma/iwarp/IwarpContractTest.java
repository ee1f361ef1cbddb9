package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import java.io.IOException;

class IwarpContractTest extends AbstractRdmaContract {
    @Override
    protected Device open() throws IOException {
        return new IwarpProvider().open(DeviceOptions.DEFAULT);
    }
}
