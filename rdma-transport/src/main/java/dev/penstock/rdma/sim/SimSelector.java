package dev.penstock.rdma.sim;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Tells which simulated sockets are ready, in the order of their registration, so that the same seed gives the same run. Of one thread. */
final class SimSelector extends AbstractSelector implements SimNetwork.Timed {
    /** What one look at sockets that are not ready takes of virtual time. */
    private static final long LOOK_NANOS = 2_000;

    /** A simulated socket, as its selector sees it. */
    interface Source {
        /** When it is ready for any of these operations; the end of time where nothing leads there. */
        long readyAt(int operations);
    }

    private static final class Key extends AbstractSelectionKey {
        private final SimSelector selector;
        private final SelectableChannel channel;
        private int interest;
        private int ready;

        Key(SimSelector selector, SelectableChannel channel, int interest) {
            this.selector = selector;
            this.channel = channel;
            this.interest = interest;
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public Selector selector() {
            return selector;
        }

        @Override
        public int interestOps() {
            return interest;
        }

        @Override
        public SelectionKey interestOps(int ops) {
            if (!isValid()) {
                throw new CancelledKeyException();
            }
            interest = ops;
            return this;
        }

        @Override
        public int readyOps() {
            return ready;
        }

        long readyAt() {
            return isValid() ? ((Source) channel).readyAt(interest) : Long.MAX_VALUE;
        }

        boolean look(long now) {
            ready = 0;
            for (int operation = 1; isValid() && operation <= interest; operation <<= 1) {
                if ((interest & operation) != 0 && ((Source) channel).readyAt(operation) <= now) {
                    ready |= operation;
                }
            }
            return ready != 0;
        }
    }

    private final SimNetwork network;
    private final SimHost host;
    private final Set<SelectionKey> keys = new LinkedHashSet<>();
    private final Set<SelectionKey> selected = new LinkedHashSet<>();
    private boolean woken;

    SimSelector(SimSockets provider) {
        super(provider);
        network = provider.network();
        host = provider.host();
        network.add(this);
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
        var key = new Key(this, channel, operations);
        key.attach(attachment);
        keys.add(key);
        return key;
    }

    @Override
    public long nextEvent() {
        long first = woken ? network.nanoTime() : Long.MAX_VALUE;
        for (SelectionKey key : keys) {
            first = Math.min(first, ((Key) key).readyAt());
        }
        return host.seen(first);
    }

    private void forgetCancelled() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
        for (SelectionKey key : cancelledKeys()) {
            keys.remove(key);
            selected.remove(key);
            deregister((AbstractSelectionKey) key);
        }
        cancelledKeys().clear();
    }

    private int look() {
        forgetCancelled();
        woken = false;
        selected.clear();
        for (SelectionKey key : keys) {
            if (((Key) key).look(network.nanoTime())) {
                selected.add(key);
            }
        }
        return selected.size();
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) {
        int n = selectNow();
        List.copyOf(selected).forEach(action);
        selected.clear();
        return n;
    }

    @Override
    public int selectNow() {
        int n = look();
        if (n == 0) {
            network.advance(network.nanoTime() + LOOK_NANOS);
        }
        return n;
    }

    @Override
    public int select(long millis) {
        int n = look();
        if (n > 0) {
            return n;
        }
        network.rest();
        network.advance(network.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
        return look();
    }

    @Override
    public int select() {
        throw new UnsupportedOperationException("without a limit one thread would wait for itself");
    }

    @Override
    public Selector wakeup() {
        woken = true;
        return this;
    }

    @Override
    public Set<SelectionKey> keys() {
        return keys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        return selected;
    }

    @Override
    protected void implCloseSelector() {
        network.remove(this);
        for (SelectionKey key : List.copyOf(keys)) {
            key.cancel();
            deregister((AbstractSelectionKey) key);
        }
        keys.clear();
    }
}
