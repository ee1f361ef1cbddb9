package dev.penstock.rdma.verbs;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.io.IOException;
import java.net.InetAddress;

/** The contract over unreliable connections of the adapter that has the address in {@code verbs.address}. Run by {@link VerbsGuestIT} in a guest. */
class UcContract extends AbstractRdmaContract {
    @Override
    protected InetAddress address() {
        try {
            return InetAddress.getByName(System.getProperty("verbs.address"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Device open() {
        return new ThunderboltDevice(new UcFabric(Integer.getInteger("verbs.depth", 60)));
    }
}
