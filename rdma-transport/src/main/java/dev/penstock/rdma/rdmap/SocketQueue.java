package dev.penstock.rdma.rdmap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A completion queue over a selector and timers. Owned by the thread that polls. */
public abstract class SocketQueue extends SoftCompletionQueue {
    /** Something registered with the selector. */
    public interface Endpoint {
        /** The socket is ready for what was asked of it. */
        void ready(SelectionKey key) throws IOException;

        /** An I/O error: the socket is to be closed. */
        void failed(IOException e);
    }

    /** Something with a time limit. */
    public interface Timed {
        /** When, of {@link SocketQueue#nanoTime}. */
        long deadline();

        /** The time is over. */
        void expired();
    }

    private static final Logger LOG = LoggerFactory.getLogger(SocketQueue.class);

    private final Machine machine;
    private final Selector selector;
    private final Consumer<SelectionKey> onReady = this::ready;
    private final List<Timed> timed = new ArrayList<>();
    private long nextDeadline;

    /** Whether what {@link #await} found is still to be dealt with: then the selector need not be asked again. */
    private boolean found;

    private volatile boolean woken;

    /** A queue that holds {@code depth} completions. */
    protected SocketQueue(int depth, Machine machine) throws IOException {
        super(depth);
        this.machine = machine;
        this.selector = machine.sockets().openSelector();
    }

    /** What its sockets and its time are of. */
    protected final Machine machine() {
        return machine;
    }

    /** Has the endpoint told of what the channel is ready for. */
    public final SelectionKey register(SelectableChannel channel, int interest, Endpoint endpoint) throws IOException {
        return channel.register(selector, interest, endpoint);
    }

    /** Whether the key is of this queue. */
    public final boolean serves(SelectionKey key) {
        return selector.equals(key.selector());
    }

    /** Begins to watch a time limit. */
    public final void time(Timed what) {
        long deadline = what.deadline();
        if (timed.isEmpty() || deadline - nextDeadline < 0) {
            nextDeadline = deadline;
        }
        timed.add(what);
    }

    /** Ends it. */
    public final void untime(Timed what) {
        timed.remove(what);
    }

    /** Whether there are sockets that were found to be ready while waiting. */
    protected final boolean hasFound() {
        return found;
    }

    /** Deals with the sockets that are ready, without waiting. */
    protected final void selectNow() {
        if (found) {
            found = false;
            List<SelectionKey> keys = List.copyOf(selector.selectedKeys());
            selector.selectedKeys().clear();
            keys.forEach(onReady);
            return;
        }
        try {
            selector.selectNow(onReady);
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
    }

    /** Tells those whose time is over. */
    protected final void expireDue() {
        if (!timed.isEmpty() && nanoTime() - nextDeadline >= 0) {
            expire();
        }
    }

    /** Brings out what is to be sent. */
    protected abstract void flush();

    /** Whether there is work that no socket will tell of. */
    protected abstract boolean hasWork();

    @Override
    public boolean await(long nanos) {
        checkOwner();
        if (ready()) {
            return true;
        }
        flush();
        if (ready() || hasWork() || found) {
            return true;
        }
        long left = timed.isEmpty() ? nanos : Math.min(nanos, nextDeadline - nanoTime());
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(left));
        try {
            // Only looks: what is ready is dealt with at the next poll.
            if (selector.select(millis) > 0) {
                found = true;
                return true;
            }
            boolean was = woken;
            woken = false;
            return was || left < nanos;
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
    }

    @Override
    public final void wakeup() {
        woken = true;
        selector.wakeup();
    }

    @Override
    public final long nanoTime() {
        return machine.nanoTime();
    }

    @Override
    public void close() {
        try {
            for (SelectionKey key : selector.isOpen() ? List.copyOf(selector.keys()) : List.<SelectionKey>of()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            LOG.debug("on closing a completion queue", e);
        }
    }

    private void ready(SelectionKey key) {
        if (!(key.attachment() instanceof Endpoint endpoint)) {
            return;
        }
        try {
            endpoint.ready(key);
        } catch (IOException e) {
            endpoint.failed(e);
        } catch (CancelledKeyException e) {
            LOG.trace("closed while it was ready", e);
        }
    }

    private void expire() {
        long now = nanoTime();
        for (Timed t : List.copyOf(timed)) {
            if (now - t.deadline() >= 0) {
                timed.remove(t);
                t.expired();
            }
        }
        nextDeadline = now + TimeUnit.HOURS.toNanos(1);
        for (Timed t : timed) {
            if (t.deadline() - nextDeadline < 0) {
                nextDeadline = t.deadline();
            }
        }
    }
}
