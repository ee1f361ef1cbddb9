package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.iwarp.MpaFrame.Enhanced;
import dev.penstock.rdma.rdmap.SocketConnector;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.StartUpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A connection on the asking side, up to the MPA reply. Of the queue's owner. */
final class IwarpConnector extends SocketConnector<MpaFrame> {
    private final IwarpDevice device;
    private final IwarpQueue queue;

    IwarpConnector(IwarpDevice device, IwarpQueue queue, SoftQueuePair pair, ConnectionParameters parameters) {
        super(queue, pair, parameters, MpaFrame.MAX_BYTES);
        this.device = device;
        this.queue = queue;
    }

    @Override
    protected ByteBuffer question() {
        // Any of the two ends of a collective may be the first to write, so the peer is asked to wait for an empty
        // write of ours.
        var counts = new Enhanced(
                Math.min(parameters().inboundReads(), SoftDevice.MAX_READS) | Enhanced.PEER_TO_PEER,
                Math.min(parameters().outboundReads(), SoftDevice.MAX_READS) | Enhanced.WRITE_FIRST);
        int flags = MpaFrame.ENHANCED | MpaFrame.LARGE_FRAMES | (device.checksums() ? MpaFrame.CHECKSUM : 0);
        return new MpaFrame(false, flags, 2, ByteBuffer.wrap(parameters().privateData()), counts).encode();
    }

    @Override
    protected @Nullable MpaFrame decode(ByteBuffer from) throws StartUpException {
        return MpaFrame.decode(from, true);
    }

    @Override
    protected void answered(MpaFrame reply, ByteBuffer behind) throws IOException {
        if (reply.has(MpaFrame.REJECT)) {
            pair().end(RdmaStatus.REJECTED, "refused by " + pair().remoteAddress(), null);
            return;
        }
        var counts = reply.enhanced();
        boolean firstFrame = counts != null && counts.peerToPeer();
        boolean agreeable = counts == null || !counts.peerToPeer() || (counts.outbound() & Enhanced.WRITE_FIRST) != 0;
        if (reply.has(MpaFrame.MARKERS) || !agreeable) {
            pair().end(RdmaStatus.PROTOCOL, "the reply asks for what was not offered", null);
            return;
        }
        int outbound = counts == null ? 1 : Math.min(parameters().outboundReads(), counts.inboundReads());
        int inbound = Math.min(parameters().inboundReads(), SoftDevice.MAX_READS);
        boolean checksums = device.checksums() || reply.has(MpaFrame.CHECKSUM);
        int ulpdu = reply.has(MpaFrame.LARGE_FRAMES) ? FpduWriter.MAX_ULPDU : FpduWriter.STRANGERS_ULPDU;
        var stream = new IwarpStream(queue, pair(), channel(), checksums, ulpdu, true);
        if (firstFrame) {
            stream.beginWithEmptyWrite();
        }
        stream.start(behind);
        pair().established(new ConnectionParameters(inbound, outbound, reply.privateData()));
        stream.consume();
    }
}
