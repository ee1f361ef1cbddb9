package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.TestEnds;
import dev.penstock.rdma.WorkCompletion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

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

    @Test
    void aRequestMayBeAcceptedOnAnotherQueueThanTheListeners() throws IOException {
        var taker = ends.server;
        var second = device.queuePair(new QueuePairOptions(taker.domain, taker.queue, 16, 16), taker);
        taker.agreed = null;
        var listener = device.listen(
                ends.client.queue,
                new InetSocketAddress(address(), 0),
                request -> request.accept(second, new ConnectionParameters(1, 1)));
        var asking = TestEnds.client(device, listener.localAddress());
        ends.until(() -> {
            asking.poll();
            return asking.agreed != null && taker.agreed != null;
        });
        second.postReceive(1, taker.span(0, 64));
        asking.pair.postSend(2, List.of(asking.span(0, 5)));
        ends.until(() -> {
            asking.poll();
            return taker.count(WorkCompletion.Opcode.RECEIVE) == 1;
        });
        asking.pair.close();
        ends.until(() -> {
            asking.poll();
            return asking.disconnect != null && taker.disconnect != null;
        });
        listener.close();
        asking.close();
    }

    @Test
    void whereNobodyListensIsSaid() throws IOException {
        var asking = TestEnds.client(device, new InetSocketAddress(address(), 9));
        ends.until(() -> {
            asking.poll();
            return asking.disconnect != null;
        });
        assertThat(asking.disconnect.status()).isEqualTo(RdmaStatus.UNREACHABLE);
        asking.close();
    }
}
