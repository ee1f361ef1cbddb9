package dev.penstock.rdma.verbs;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import java.io.IOException;
import java.net.InetAddress;

/** The contract on the adapter that has the address in the property {@code verbs.address}. Run by {@link VerbsGuestIT} in a guest. */
class VerbsContract extends AbstractRdmaContract {
    private final VerbsProvider provider = new VerbsProvider();

    @Override
    protected InetAddress address() {
        try {
            return InetAddress.getByName(System.getProperty("verbs.address"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected boolean adapter() {
        return true;
    }

    @Override
    protected boolean siw() {
        return provider.deviceOf(address()).orElse("").startsWith("siw");
    }

    @Override
    protected Device open() throws IOException {
        String name = provider.deviceOf(address()).orElseThrow(() -> new IOException("no device has " + address()));
        return provider.open(new DeviceOptions(name, false));
    }
}
