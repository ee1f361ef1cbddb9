package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.iwarp.MpaFrame.Enhanced;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SocketRequest;
import dev.penstock.rdma.rdmap.SoftDevice;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.StartUpException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A connection on the accepting side, up to the MPA reply. */
final class IwarpRequest extends SocketRequest<MpaFrame> {
    private final IwarpDevice device;

    IwarpRequest(IwarpDevice device, IwarpQueue queue, SocketListener listener, SocketChannel channel)
            throws IOException {
        super(queue, listener, channel, MpaFrame.MAX_BYTES);
        this.device = device;
    }

    @Override
    protected @Nullable MpaFrame decode(ByteBuffer from) throws StartUpException {
        return MpaFrame.decode(from, false);
    }

    @Override
    protected @Nullable String objection(MpaFrame frame) {
        if (frame.revision() != 1 && frame.revision() != 2) {
            return "MPA revision " + frame.revision();
        }
        if (frame.has(MpaFrame.MARKERS)) {
            return "markers";
        }
        var counts = frame.enhanced();
        boolean noFirstFrame = counts != null
                && counts.peerToPeer()
                && (counts.outbound() & (Enhanced.WRITE_FIRST | Enhanced.READ_FIRST)) == 0;
        return noFirstFrame ? "a first frame that is an empty SEND" : null;
    }

    @Override
    public ConnectionParameters offered() {
        var counts = message().enhanced();
        return counts == null
                // Revision 1 does not say: one read at a time is what every responder can answer.
                ? new ConnectionParameters(SoftDevice.MAX_READS, 1, message().privateData())
                : new ConnectionParameters(
                        counts.outboundReads(), counts.inboundReads(), message().privateData());
    }

    @Override
    protected void open(SoftQueuePair pair, ConnectionParameters parameters) throws IOException {
        var offered = offered();
        int inbound = Math.min(parameters.inboundReads(), SoftDevice.MAX_READS);
        int outbound = Math.min(parameters.outboundReads(), offered.outboundReads());
        var reply = reply(inbound, outbound, parameters.privateData());
        boolean checksums = reply.has(MpaFrame.CHECKSUM);
        var queue = (IwarpQueue) pair.queue();
        var stream = new IwarpStream(queue, pair, channel(), checksums, ulpdu(reply), false);
        write(reply.encode());
        leaveTo(queue);
        stream.start(ByteBuffer.allocate(0));
        pair.established(new ConnectionParameters(inbound, outbound, offered.privateData()));
    }

    private static int ulpdu(MpaFrame reply) {
        return reply.has(MpaFrame.LARGE_FRAMES) ? FpduWriter.MAX_ULPDU : FpduWriter.STRANGERS_ULPDU;
    }

    private MpaFrame reply(int inbound, int outbound, byte[] privateData) {
        var asked = message();
        int flags = asked.flags() & MpaFrame.LARGE_FRAMES;
        if (asked.has(MpaFrame.CHECKSUM) || device.checksums()) {
            flags |= MpaFrame.CHECKSUM;
        }
        Enhanced counts = null;
        var offered = asked.enhanced();
        if (offered != null) {
            flags |= MpaFrame.ENHANCED;
            int first = 0;
            if (offered.peerToPeer()) {
                boolean write = (offered.outbound() & Enhanced.WRITE_FIRST) != 0;
                first = write ? Enhanced.WRITE_FIRST : Enhanced.READ_FIRST;
            }
            counts = new Enhanced(inbound | (first == 0 ? 0 : Enhanced.PEER_TO_PEER), outbound | first);
        }
        return new MpaFrame(true, flags, asked.revision(), ByteBuffer.wrap(privateData), counts);
    }

    @Override
    protected ByteBuffer refusal(MpaFrame request, byte[] privateData) {
        int revision = request.revision() >= 2 ? 2 : 1;
        var enhanced = request.enhanced() == null ? null : new Enhanced(0, 0);
        int flags = MpaFrame.REJECT | (enhanced == null ? 0 : MpaFrame.ENHANCED);
        return new MpaFrame(true, flags, revision, ByteBuffer.wrap(privateData), enhanced).encode();
    }
}
