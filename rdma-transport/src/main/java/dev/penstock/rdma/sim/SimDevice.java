package dev.penstock.rdma.sim;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/** An adapter of a simulated network. */
final class SimDevice extends SoftDevice {
    /** As long as private data is in InfiniBand's REQ behind the connection manager's own, and in its REP (IBTA 12.7, 12.8). */
    private static final int REQUEST_DATA = 56;

    private static final int REPLY_DATA = 196;

    private final SimNetwork network;
    private final SimHost host;

    SimDevice(SimNetwork network, SimHost host) {
        this.network = network;
        this.host = host;
    }

    /** A cut is told to both ends; whether the silence of a machine that is gone is noticed is the plan's. */
    @Override
    public boolean detectsSilence() {
        var noticed = network.faults().machines().noticed();
        return noticed.isPositive() && noticed.compareTo(Duration.ofSeconds(1)) < 0;
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public CompletionQueue completionQueue(int depth) {
        return new SimQueue(network, host, depth);
    }

    @Override
    public Listener listen(CompletionQueue queue, InetSocketAddress local, Listener.Handler handler)
            throws IOException {
        return new SimListener(network, (SimQueue) queue, local, handler);
    }

    @Override
    protected void connect(
            SoftQueuePair pair, InetSocketAddress remote, ConnectionParameters parameters, Duration timeout) {
        var queue = (SimQueue) pair.queue();
        var link = new SimLink(network, queue, pair);
        pair.carrier(link);
        long now = network.nanoTime();
        var listener = network.listener(remote.getPort());
        if (listener == null) {
            queue.at(
                    now + network.travelNanos(),
                    () -> pair.end(RdmaStatus.UNREACHABLE, "nobody listens at " + remote, null));
            return;
        }
        link.timer(queue.at(
                now + timeout.toNanos(),
                () -> pair.end(RdmaStatus.TIMEOUT, "no connection to " + remote + " in time", null)));
        var request = new Request(network, link, padded(parameters, REQUEST_DATA));
        listener.queue().at(now + network.travelNanos(), () -> listener.requested(request));
    }

    @Override
    public void close() {
        // The network goes with the last reference to it.
    }

    private static ConnectionParameters padded(ConnectionParameters from, int length) {
        byte[] data = from.privateData();
        return new ConnectionParameters(
                from.inboundReads(), from.outboundReads(), Arrays.copyOf(data, Math.max(data.length, length)));
    }

    private static final class Request implements ConnectionRequest {
        private final SimNetwork network;
        private final SimLink asking;
        private final ConnectionParameters asked;
        private final AtomicBoolean decided = new AtomicBoolean();

        Request(SimNetwork network, SimLink asking, ConnectionParameters asked) {
            this.network = network;
            this.asking = asking;
            this.asked = asked;
        }

        @Override
        public SocketAddress remoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        public ConnectionParameters offered() {
            return new ConnectionParameters(asked.outboundReads(), asked.inboundReads(), asked.privateData());
        }

        @Override
        public void accept(QueuePair pair, ConnectionParameters parameters) {
            var soft = (SoftQueuePair) pair;
            soft.connecting(remoteAddress());
            if (!decided.compareAndSet(false, true)) {
                soft.end(RdmaStatus.TIMEOUT, "the request has expired", null);
                return;
            }
            int inbound = Math.min(parameters.inboundReads(), MAX_READS);
            int outbound = Math.min(parameters.outboundReads(), asked.inboundReads());
            var link = new SimLink(network, (SimQueue) soft.queue(), soft);
            link.join(asking);
            soft.carrier(link);
            var reply = new ConnectionParameters(
                    asked.inboundReads(),
                    Math.min(asked.outboundReads(), inbound),
                    padded(parameters, REPLY_DATA).privateData());
            asking.after(() -> asking.accepted(link, reply));
            soft.established(new ConnectionParameters(inbound, outbound, asked.privateData()));
        }

        @Override
        public void reject(byte... privateData) {
            if (decided.compareAndSet(false, true)) {
                asking.after(() -> asking.pair().end(RdmaStatus.REJECTED, "refused", null));
            }
        }
    }
}
