package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.rdmap.Carrier;
import dev.penstock.rdma.rdmap.OutgoingSegment;
import dev.penstock.rdma.rdmap.SocketQueue;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import dev.penstock.rdma.rdmap.TerminateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An MPA stream from the end of start-up to the close of its socket. Of the queue's owner. */
final class IwarpStream implements Carrier, SocketQueue.Endpoint, SocketQueue.Timed {
    private static final Logger LOG = LoggerFactory.getLogger(IwarpStream.class);

    /**
     * How long a closed stream's socket stays to bring out the rest and see the peer's end. A socket that is closed with unread bytes
     * is reset, and the reset would take the last message with it.
     */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IwarpQueue queue;
    private final SoftQueuePair pair;
    private final SocketChannel channel;
    private final boolean checksums;
    private final boolean initiator;
    private final FpduWriter writer;
    private @Nullable FpduReader reader;
    private @Nullable SelectionKey key;
    private boolean isDirty;

    /** What is still to be written after the stream has ended; null while it goes on. */
    private @Nullable ByteBuffer rest;

    private boolean broken;
    private long deadline;

    IwarpStream(
            IwarpQueue queue,
            SoftQueuePair pair,
            SocketChannel channel,
            boolean checksums,
            int maxUlpdu,
            boolean initiator) {
        this.queue = queue;
        this.pair = pair;
        this.channel = channel;
        this.checksums = checksums;
        this.initiator = initiator;
        this.writer = new FpduWriter(pair, channel, checksums, maxUlpdu);
    }

    void beginWithEmptyWrite() {
        writer.beginWithEmptyWrite();
    }

    /** Takes the socket over, and the bytes that came behind the start-up frame. */
    void start(ByteBuffer behind) throws IOException {
        reader = new FpduReader(pair, channel, checksums, behind);
        key = queue.register(channel, SelectionKey.OP_READ, this);
        pair.carrier(this);
    }

    /** Deals with what was read together with the start-up frame. */
    void consume() throws IOException {
        receive();
    }

    @Override
    public void wantsToSend() {
        if (!isDirty) {
            isDirty = true;
            queue.dirty(this);
        }
    }

    void flushDirty() {
        isDirty = false;
        try {
            flush();
        } catch (IOException e) {
            failed(e);
        }
    }

    private void flush() throws IOException {
        if (rest != null) {
            linger();
            return;
        }
        // RFC 5044 7.1.2: the accepting side sends nothing before the first frame of the other has come.
        boolean mayBegin = initiator || (reader != null && reader.receivedAny());
        if (!mayBegin || pair.state() != QueuePair.State.ESTABLISHED) {
            return;
        }
        switch (writer.flush()) {
            case DRAINED -> interest(SelectionKey.OP_READ);
            case BLOCKED -> interest(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            case MORE -> wantsToSend();
            case KEY_CLOSED -> {
                broken = true;
                pair.end(RdmaStatus.PROTOCOL, "a window was closed while the peer read it", null);
            }
        }
    }

    @Override
    public void ready(SelectionKey ready) throws IOException {
        if (rest != null) {
            linger();
            return;
        }
        if (ready.isReadable()) {
            receive();
        }
        if (ready.isValid() && ready.isWritable()) {
            flush();
        }
    }

    /** Reads without having been told that there is something; answers whether there was. */
    boolean receiveMore() {
        if (rest != null || !channel.isOpen()) {
            return false;
        }
        try {
            return receive();
        } catch (IOException e) {
            failed(e);
            return true;
        }
    }

    private boolean receive() throws IOException {
        var from = java.util.Objects.requireNonNull(reader);
        boolean first = !from.receivedAny();
        long before = from.bytes();
        try {
            switch (from.receive()) {
                case DRAINED, MORE -> {}
                case END -> pair.end(RdmaStatus.DISCONNECTED, "closed by the peer", null);
                case CUT -> pair.end(RdmaStatus.CONNECTION_LOST, "cut in the middle of a frame", null);
            }
        } catch (TerminateException e) {
            pair.refuse(e.terminate());
        }
        if (first && from.receivedAny()) {
            wantsToSend();
        }
        if (from.bytes() == before) {
            return false;
        }
        queue.hot(this);
        return true;
    }

    private void interest(int ops) {
        if (key != null && key.isValid() && key.interestOps() != ops) {
            key.interestOps(ops);
        }
    }

    @Override
    public void failed(IOException e) {
        broken = true;
        if (rest != null) {
            close();
        } else {
            pair.end(RdmaStatus.CONNECTION_LOST, String.valueOf(e.getMessage()), null);
        }
    }

    @Override
    public void end(@Nullable OutgoingSegment last) {
        rest = broken ? ByteBuffer.allocate(0) : writer.remains(last);
        if (broken) {
            close();
            return;
        }
        deadline = queue.nanoTime() + LINGER_NANOS;
        queue.time(this);
        try {
            linger();
        } catch (IOException e) {
            close();
        }
    }

    /** Brings out the rest, says that it was all, and waits for the peer to say so too. */
    private void linger() throws IOException {
        var left = java.util.Objects.requireNonNull(rest);
        if (!channel.isOpen()) {
            return;
        }
        if (left.hasRemaining()) {
            channel.write(left);
            interest(left.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
        if (!left.hasRemaining()) {
            channel.shutdownOutput();
        }
        var sink = ByteBuffer.allocate(16 << 10);
        int got = channel.read(sink);
        for (int n = 0; got > 0 && n < 64; n++) {
            got = channel.read(sink.clear());
        }
        if (got < 0) {
            close();
        }
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public void expired() {
        close();
    }

    private void close() {
        queue.untime(this);
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("on closing {}", channel, e);
        }
    }
}
