package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.CompletionQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A device in software whose queues are of one kind, over sockets. Thread-safe.
 *
 * @param <Q> the kind
 */
public abstract class SocketDevice<Q extends SocketQueue> extends SoftDevice {
    /** Makes a queue that holds so many completions. */
    protected interface QueueMaker<Q> {
        /** Makes it. */
        Q make(int depth) throws IOException;
    }

    private final Class<Q> kind;
    private final QueueMaker<Q> maker;
    private final List<Q> queues = new CopyOnWriteArrayList<>();

    /** For subclasses. */
    protected SocketDevice(Class<Q> kind, QueueMaker<Q> maker) {
        this.kind = kind;
        this.maker = maker;
    }

    @Override
    public final CompletionQueue completionQueue(int depth) {
        try {
            Q queue = maker.make(depth);
            queues.add(queue);
            return queue;
        } catch (IOException e) {
            throw new UncheckedIOException("no selector", e);
        }
    }

    /** The queue as one of ours; a mistake where it is not. */
    public final Q own(CompletionQueue queue) {
        if (kind.isInstance(queue)) {
            return kind.cast(queue);
        }
        throw new IllegalArgumentException("a completion queue of another provider");
    }

    @Override
    public void close() {
        queues.forEach(SocketQueue::close);
    }
}
