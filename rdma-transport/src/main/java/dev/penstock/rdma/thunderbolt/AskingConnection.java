package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.SocketConnector;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.StartUpException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A connection on the asking side, up to the peer's greeting. Of the queue's owner. */
final class AskingConnection extends SocketConnector<Greeting> {
    private final ThunderboltDevice device;
    private final ThunderboltQueue queue;
    private final int connection;
    private @Nullable FramePort port;

    AskingConnection(
            ThunderboltDevice device, ThunderboltQueue queue, SoftQueuePair pair, ConnectionParameters parameters) {
        super(queue, pair, parameters, Greeting.MAX_BYTES);
        this.device = device;
        this.queue = queue;
        this.connection = device.newConnection();
    }

    @Override
    protected ByteBuffer question() throws IOException {
        var made = device.fabric().port((InetSocketAddress) channel().getLocalAddress(), (InetSocketAddress)
                channel().getRemoteAddress());
        port = made;
        int inbound = Math.min(parameters().inboundReads(), SoftDevice.MAX_READS);
        return Greeting.of(
                        Greeting.Kind.ASK,
                        connection,
                        made,
                        inbound,
                        parameters().outboundReads(),
                        parameters())
                .encode();
    }

    @Override
    protected @Nullable Greeting decode(ByteBuffer from) throws StartUpException {
        return Greeting.decode(from);
    }

    @Override
    protected void answered(Greeting answer, ByteBuffer behind) throws IOException {
        if (answer.kind() == Greeting.Kind.REJECT) {
            pair().end(RdmaStatus.REJECTED, "refused by " + pair().remoteAddress(), null);
            return;
        }
        if (answer.kind() != Greeting.Kind.ACCEPT || answer.connection() != connection) {
            pair().end(RdmaStatus.PROTOCOL, "an answer to another question", null);
            return;
        }
        var to = java.util.Objects.requireNonNull(port);
        to.connect(answer.portAddress());
        port = null;
        var stream = new ThunderboltStream(device, queue, pair(), channel(), to);
        var offered = answer.offered();
        int outbound = Math.min(parameters().outboundReads(), offered.outboundReads());
        int inbound = Math.min(parameters().inboundReads(), SoftDevice.MAX_READS);
        stream.start(connection, answer.receives());
        stream.sayReady();
        stream.establish(new ConnectionParameters(inbound, outbound, offered.privateData()));
        stream.beginToBeat();
        stream.heard(behind);
    }

    @Override
    protected void release() {
        if (port != null) {
            port.close();
        }
    }
}
