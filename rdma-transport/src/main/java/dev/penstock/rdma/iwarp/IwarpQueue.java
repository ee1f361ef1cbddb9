package dev.penstock.rdma.iwarp;

import dev.penstock.rdma.rdmap.SoftCompletionQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A completion queue over a selector. Owned by the thread that polls. */
final class IwarpQueue extends SoftCompletionQueue {
    /** Something registered with the selector. */
    interface Endpoint {
        /** The socket is ready for what was asked of it. */
        void ready(SelectionKey key) throws IOException;

        /** An I/O error: the socket is to be closed. */
        void failed(IOException e);
    }

    /** Something with a time limit. */
    interface Timed {
        /** When, of {@link System#nanoTime}. */
        long deadline();

        /** The time is over. */
        void expired();
    }

    private static final Logger LOG = LoggerFactory.getLogger(IwarpQueue.class);

    /** Turns in a row that one stream gets before the others are looked at. */
    private static final int MAX_HOT_TURNS = 32;

    private final Selector selector;
    private final Consumer<SelectionKey> onReady = this::ready;
    private final ArrayDeque<IwarpStream> dirty = new ArrayDeque<>();
    /**
     * The stream that brought something last. It is read without asking the selector, which saves a system call for each part of a large
     * transfer, and for each message between two ends that wait for each other.
     */
    private @Nullable IwarpStream hot;

    private int hotTurns;
    private final List<Timed> timed = new ArrayList<>();
    private long nextDeadline;

    IwarpQueue(int depth) throws IOException {
        super(depth);
        this.selector = Selector.open();
    }

    SelectionKey register(SelectableChannel channel, int interest, Endpoint endpoint) throws IOException {
        return channel.register(selector, interest, endpoint);
    }

    boolean serves(SelectionKey key) {
        return selector.equals(key.selector());
    }

    /** The stream has something to send. */
    void dirty(IwarpStream stream) {
        dirty.add(stream);
    }

    /** The stream has just brought something, so there may soon be more. */
    void hot(IwarpStream stream) {
        hot = stream;
    }

    void time(Timed what) {
        long deadline = what.deadline();
        if (timed.isEmpty() || deadline - nextDeadline < 0) {
            nextDeadline = deadline;
        }
        timed.add(what);
    }

    void untime(Timed what) {
        timed.remove(what);
    }

    @Override
    protected void progress() {
        flushDirty();
        if (hot != null && hotTurns++ < MAX_HOT_TURNS && hot.receiveMore()) {
            flushDirty();
            return;
        }
        hot = null;
        hotTurns = 0;
        try {
            selector.selectNow(onReady);
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
        flushDirty();
        if (!timed.isEmpty() && System.nanoTime() - nextDeadline >= 0) {
            expire();
        }
    }

    @Override
    public boolean await(long nanos) {
        checkOwner();
        if (ready() || !dirty.isEmpty()) {
            return true;
        }
        long left = timed.isEmpty() ? nanos : Math.min(nanos, nextDeadline - System.nanoTime());
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(left));
        try {
            // Only looks: what is ready is still ready at the next poll, where it is dealt with.
            long before = System.nanoTime();
            selector.select(millis);
            selector.selectedKeys().clear();
            return System.nanoTime() - before < nanos;
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
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

    private void flushDirty() {
        // As many as there are now: one that still has more to send goes to the end, and waits for the next poll.
        for (int n = dirty.size(); n > 0; n--) {
            dirty.remove().flushDirty();
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
        long now = System.nanoTime();
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
