package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SocketRequest;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.StartUpException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A connection on the accepting side, up to our greeting. */
final class AskedConnection extends SocketRequest<Greeting> {
    private final ThunderboltDevice device;

    AskedConnection(ThunderboltDevice device, ThunderboltQueue queue, SocketListener listener, SocketChannel channel)
            throws IOException {
        super(queue, listener, channel, Greeting.MAX_BYTES);
        this.device = device;
    }

    @Override
    protected @Nullable Greeting decode(ByteBuffer from) throws StartUpException {
        return Greeting.decode(from);
    }

    @Override
    protected @Nullable String objection(Greeting request) {
        return request.kind() == Greeting.Kind.ASK ? null : "it does not ask";
    }

    @Override
    public ConnectionParameters offered() {
        return message().offered();
    }

    @Override
    protected void open(SoftQueuePair pair, ConnectionParameters parameters) throws IOException {
        FramePort port = device.fabric().port((InetSocketAddress) channel().getLocalAddress(), remote());
        try {
            port.connect(message().portAddress());
            open(pair, port, parameters);
        } catch (IOException e) {
            port.close();
            throw e;
        }
    }

    private void open(SoftQueuePair pair, FramePort port, ConnectionParameters parameters) throws IOException {
        var offered = offered();
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        int outbound = Math.min(parameters.outboundReads(), offered.outboundReads());
        var queue = device.own(pair.queue());
        var stream = new ThunderboltStream(device, queue, pair, channel(), port);
        leaveTo(queue);
        stream.establishWhenReady(new ConnectionParameters(inbound, outbound, offered.privateData()));
        stream.start(message().connection(), message().receives());
        write(Greeting.of(Greeting.Kind.ACCEPT, message().connection(), port, inbound, outbound, parameters)
                .encode());
        stream.beginToBeat(); // no word of the side channel may come before the greeting
    }

    @Override
    protected ByteBuffer refusal(Greeting request, byte[] privateData) {
        return Greeting.rejecting(request, privateData).encode();
    }
}
