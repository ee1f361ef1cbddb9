package dev.penstock.smb.transport.tcp;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.transport.RemoteMemory;
import dev.penstock.smb.transport.tcp.FrameAssembler.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One TCP connection. Belongs to its channel's event loop. */
final class TcpLink extends ChannelInboundHandlerAdapter implements Link {
    private static final Logger LOG = LoggerFactory.getLogger(TcpLink.class);

    /** How long a starved connection waits before it asks for a slab again. */
    private static final long STARVED_MILLIS = 2;

    /** A message that has begun must go on within this time, and a logon must succeed within it; Windows waits 45 s. */
    private static final long PATIENCE_MILLIS = 45_000;

    private static final int PREFIX = 4;

    private final Channel channel;
    private final String peer;
    private final Handler handler;
    private final FrameAssembler assembler;
    private boolean flushDue;
    private boolean starved;
    private long lastReadNanos = System.nanoTime();
    private boolean gone;

    TcpLink(Channel channel, String peer, SlabPool slabs, Function<Link, Handler> connections) {
        this.channel = channel;
        this.peer = peer;
        this.handler = connections.apply(this);
        this.assembler = new FrameAssembler(slabs, handler);
    }

    /** Where the channel is to read to. */
    ByteBuf nextBuffer() {
        return assembler.nextBuffer();
    }

    /** Starts the watch for connections that say nothing useful. */
    void start(int limitBeforeLogon) {
        schedule(() -> watch(limitBeforeLogon), PATIENCE_MILLIS);
    }

    private void watch(int limitBeforeLogon) {
        boolean stranger = handler.messageLimit() <= limitBeforeLogon;
        long quiet = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastReadNanos);
        if (stranger || (assembler.isPartial() && quiet >= PATIENCE_MILLIS && !starved)) {
            LOG.debug("connection of {} is closed: {}", peer, stranger ? "no logon" : "half a message");
            channel.close();
        } else {
            schedule(() -> watch(limitBeforeLogon), PATIENCE_MILLIS);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf read = (ByteBuf) message;
        int bytes = read.readableBytes();
        read.release(); // the memory is the assembler's own
        lastReadNanos = System.nanoTime();
        act(assembler.filled(bytes));
    }

    private void act(Verdict verdict) {
        switch (verdict) {
            case CONTINUE -> {
                starved = false;
                regulate();
            }
            case STARVED -> {
                starved = true;
                regulate();
                schedule(() -> act(assembler.parse()), STARVED_MILLIS);
            }
            case BROKEN -> channel.close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        regulate();
    }

    /** Whoever does not take answers, or for whom there is no memory, is not read from. */
    private void regulate() {
        channel.config().setAutoRead(!starved && channel.isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        gone();
    }

    private void gone() {
        if (!gone) {
            gone = true;
            handler.closed();
            assembler.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("connection of {} is closed because of a defect", peer, cause);
        }
        channel.close();
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void execute(Runnable task) {
        channel.eventLoop().execute(task);
    }

    @Override
    public void schedule(Runnable task, long millis) {
        channel.eventLoop()
                .schedule(
                        () -> {
                            if (!gone) {
                                task.run();
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    /** On Linux only: elsewhere there is the time that a client has for its answer. */
    @Override
    public boolean isSilent(long millis) {
        if (channel instanceof EpollSocketChannel socket && socket.isOpen()) {
            EpollTcpInfo info = socket.tcpInfo();
            return info.unacked() > 0 && info.lastAckRecv() >= millis;
        }
        return false;
    }

    @Override
    public boolean sendsFiles() {
        return true;
    }

    @Override
    public @Nullable RemoteMemory remoteMemory() {
        return null;
    }

    @Override
    public void close() {
        channel.close();
    }

    @Override
    public void send(List<Payload> parts) {
        if (gone) {
            parts.forEach(Payload::release);
            return;
        }
        int length = 0;
        for (Payload part : parts) {
            length += part.length();
        }
        ByteBuf head = channel.alloc().directBuffer(PREFIX + inlined(parts)).writeInt(length);
        for (Payload part : parts) {
            if (part instanceof Payload.Bytes bytes) {
                head.writeBytes(bytes.data().duplicate());
            } else {
                if (head.isReadable()) {
                    channel.write(head, channel.voidPromise());
                    head = channel.alloc().directBuffer(64);
                }
                write(part);
            }
        }
        if (head.isReadable()) {
            channel.write(head, channel.voidPromise());
        } else {
            head.release();
        }
        flushSoon();
    }

    private static int inlined(List<Payload> parts) {
        int bytes = 0;
        for (Payload part : parts) {
            bytes += part instanceof Payload.Bytes ? part.length() : 0;
        }
        return bytes;
    }

    private void write(Payload part) {
        ChannelPromise sent = channel.newPromise();
        sent.addListener(_ -> part.release());
        switch (part) {
            case Payload.Slab slab -> {
                ByteBuffer view = slab.lease()
                        .memory()
                        .asSlice(slab.offset(), slab.length())
                        .asByteBuffer();
                channel.write(Unpooled.wrappedBuffer(view), sent);
            }
            case Payload.FileRange range -> channel.write(new OpenFileRegion(range), sent);
            case Payload.Bytes _ -> throw new IllegalStateException("short data is copied");
        }
    }

    /** Answers that come back from other threads in one go are written in one go. */
    private void flushSoon() {
        if (!flushDue) {
            flushDue = true;
            channel.eventLoop().execute(() -> {
                flushDue = false;
                channel.flush();
            });
        }
    }

    /** A region of a file that stays open: the payload's owner closes it. */
    private static final class OpenFileRegion extends DefaultFileRegion {
        OpenFileRegion(Payload.FileRange range) {
            super(range.file(), range.position(), range.length());
        }

        @Override
        protected void deallocate() {
            // The file is not ours.
        }
    }
}
