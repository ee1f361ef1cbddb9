package dev.penstock.smb.transport.rdma;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.transport.RemoteMemory;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smbdirect.BufferDescriptor;
import dev.penstock.smbdirect.MalformedPduException;
import dev.penstock.smbdirect.SmbDirectConnection;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One SMB Direct connection. On its poller's thread, except where {@link Link} says otherwise. */
final class RdmaLink implements Link, RemoteMemory, SmbDirectConnection.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(RdmaLink.class);

    /** How long a client may take to log on, as over TCP. */
    private static final long PATIENCE_MILLIS = 45_000;

    private final SmbDirectConnection connection;
    private final ScheduledExecutorService timer;
    private final Handler handler;
    private int invalidate;
    private boolean invalidates;
    private boolean gone;
    private Runnable whenGone = () -> {};

    RdmaLink(SmbDirectConnection connection, ScheduledExecutorService timer, Function<Link, Handler> connections) {
        this.connection = connection;
        this.timer = timer;
        this.handler = connections.apply(this);
    }

    /** Told once when the connection is over. */
    void whenGone(Runnable listener) {
        whenGone = listener;
    }

    /** Starts the watch for clients that do not log on. */
    void start(int limitBeforeLogon) {
        schedule(
                () -> {
                    if (handler.messageLimit() <= limitBeforeLogon) {
                        connection.close();
                    }
                },
                PATIENCE_MILLIS);
    }

    @Override
    public void received(SmbDirectConnection from, Lease message) {
        MemorySegment memory = message.memory();
        if (gone || memory.byteSize() > handler.messageLimit()) {
            message.release();
            connection.abort("a message of " + memory.byteSize() + " bytes");
            return;
        }
        handler.received(memory.asByteBuffer(), message);
    }

    @Override
    public void closed(SmbDirectConnection from, SmbDirectConnection.CloseReason reason) {
        LOG.debug("connection of {} ended: {}", peer(), reason);
        gone = true;
        handler.closed();
        whenGone.run();
    }

    @Override
    public String peer() {
        return connection.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : String.valueOf(connection.remoteAddress());
    }

    @Override
    public void execute(Runnable task) {
        try {
            connection.loop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the endpoint is closed", e);
        }
    }

    @Override
    public void schedule(Runnable task, long millis) {
        Runnable unlessGone = () -> {
            if (!gone) {
                task.run();
            }
        };
        timer.schedule(() -> execute(unlessGone), millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public boolean sendsFiles() {
        return false;
    }

    @Override
    public RemoteMemory remoteMemory() {
        return this;
    }

    @Override
    public void close() {
        connection.close();
    }

    @Override
    public void send(List<Payload> parts) {
        var segments = new ArrayList<MemorySegment>(parts.size());
        long length = 0;
        for (Payload part : parts) {
            segments.add(segment(part));
            length += part.length();
        }
        if (gone || length > connection.parameters().maxMessageOut()) {
            parts.forEach(Payload::release);
            if (!gone) {
                connection.abort("an answer of " + length + " bytes");
            }
            return;
        }
        SmbDirectConnection.Completion done = _ -> parts.forEach(Payload::release);
        if (invalidates) {
            invalidates = false;
            connection.sendInvalidating(segments, invalidate, done);
        } else {
            connection.send(segments, done);
        }
    }

    private static MemorySegment segment(Payload part) {
        return switch (part) {
            case Payload.Bytes bytes -> MemorySegment.ofBuffer(bytes.data());
            case Payload.Slab slab -> slab.lease().memory().asSlice(slab.offset(), slab.length());
            case Payload.FileRange _ -> throw new IllegalStateException("a file cannot be sent over SMB Direct");
        };
    }

    @Override
    public long capacity(Blob descriptors) {
        List<BufferDescriptor> list = decode(descriptors);
        return list == null ? -1 : BufferDescriptor.total(list);
    }

    @Override
    public int maxTransfer() {
        return connection.parameters().maxReadWrite();
    }

    @Override
    public void write(Blob descriptors, Payload payload) {
        List<BufferDescriptor> list = decode(descriptors);
        if (gone || list == null || payload.length() == 0) {
            payload.release();
            return;
        }
        connection.writeToPeer(list, List.of(segment(payload)), _ -> payload.release());
    }

    @Override
    public void read(Blob descriptors, ByteBuffer into, Consumer<Boolean> done) {
        List<BufferDescriptor> list = decode(descriptors);
        if (gone || list == null) {
            done.accept(false);
        } else if (!into.hasRemaining()) {
            done.accept(true);
        } else {
            connection.readFromPeer(list, MemorySegment.ofBuffer(into), failure -> done.accept(failure == null));
        }
    }

    @Override
    public void invalidateWithNext(Blob descriptors) {
        List<BufferDescriptor> list = decode(descriptors);
        if (list != null) {
            invalidate = list.getFirst().token();
            invalidates = true;
        }
    }

    private static @Nullable List<BufferDescriptor> decode(Blob descriptors) {
        try {
            return BufferDescriptor.decode(MemorySegment.ofBuffer(descriptors.buffer()));
        } catch (MalformedPduException e) {
            return null;
        }
    }
}
