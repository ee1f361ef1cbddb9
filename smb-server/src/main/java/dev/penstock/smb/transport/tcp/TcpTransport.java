package dev.penstock.smb.transport.tcp;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.transport.Link;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Listens for SMB over TCP. Thread-safe. */
public final class TcpTransport implements AutoCloseable {
    private static final int BACKLOG = 256;

    /**
     * Answers that may wait in a channel before nothing more is read from it: 64 reads of 1 MiB, which is more than a client keeps under
     * way, and half of that before it is read from again. What waits lies in slabs, whose number is the harder limit.
     */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 << 20, 64 << 20);

    /** Until a logon, in bytes: what {@link Link.Handler#messageLimit} answers for strangers. */
    private static final int LIMIT_BEFORE_LOGON = 64 << 10;

    private final SlabPool slabs;
    private final Limits limits;
    private final Runnable onRefused;
    private final Function<Link, Link.Handler> connections;
    private final Native platform;
    private final EventLoopGroup loops;
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final AtomicInteger open = new AtomicInteger();
    private final Map<String, Integer> openByAddress = new ConcurrentHashMap<>();

    /** How many connections there may be, in all and from one address. */
    public record Limits(int connections, int connectionsPerAddress) {}

    private record Native(IoHandlerFactory factory, Class<? extends ServerChannel> server) {
        static Native best() {
            if (Epoll.isAvailable()) {
                return new Native(EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
            }
            if (KQueue.isAvailable()) {
                return new Native(KQueueIoHandler.newFactory(), KQueueServerSocketChannel.class);
            }
            return new Native(NioIoHandler.newFactory(), NioServerSocketChannel.class);
        }
    }

    /**
     * A transport without a listener.
     *
     * @param threads event loops
     * @param onRefused told of each connection beyond a limit
     * @param connections makes a handler for each connection, on its loop
     */
    public TcpTransport(
            int threads, SlabPool slabs, Limits limits, Runnable onRefused, Function<Link, Link.Handler> connections) {
        this.slabs = slabs;
        this.limits = limits;
        this.onRefused = onRefused;
        this.connections = connections;
        this.platform = Native.best();
        this.loops =
                new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("smb-tcp", true), platform.factory());
    }

    /**
     * Starts to listen.
     *
     * @return the address, with the port that was chosen where 0 was asked for
     */
    public InetSocketAddress listen(InetSocketAddress address) throws IOException {
        var bind = new ServerBootstrap()
                .group(loops)
                .channel(platform.server())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bind.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + address + ": " + bind.cause().getMessage(), bind.cause());
        }
        channels.add(bind.channel());
        return (InetSocketAddress) bind.channel().localAddress();
    }

    private void accepted(Channel channel) {
        channels.add(channel);
        String peer = ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress();
        int mine = openByAddress.merge(peer, 1, Integer::sum);
        channel.closeFuture().addListener(_ -> {
            open.decrementAndGet();
            openByAddress.computeIfPresent(peer, (_, count) -> count == 1 ? null : count - 1);
        });
        if (open.incrementAndGet() > limits.connections || mine > limits.connectionsPerAddress) {
            onRefused.run();
            channel.close();
            return;
        }
        var link = new TcpLink(channel, peer, slabs, connections);
        channel.config().setRecvByteBufAllocator(new SlabAllocator(link::nextBuffer));
        channel.pipeline().addLast(link);
        link.start(LIMIT_BEFORE_LOGON);
    }

    /** Stops to listen and closes all connections; their loops go on, for what is left to do. */
    public void closeConnections() {
        channels.flush().close().awaitUninterruptibly(1_000); // what was said last is heard
    }

    /** Closes all connections and ends the loops; waits until that is done, for ten seconds at most. */
    @Override
    public void close() {
        loops.shutdownGracefully(100, 10_000, TimeUnit.MILLISECONDS).awaitUninterruptibly(10_000);
    }
}
