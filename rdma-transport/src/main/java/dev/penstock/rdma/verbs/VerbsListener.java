package dev.penstock.rdma.verbs;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.ConnectionRequest;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;

/** Waits for connections by way of the connection manager. Of the queue's owner. */
final class VerbsListener implements Listener, VerbsQueue.Endpoint {
    /** Requests that wait in the kernel until the loop comes round. */
    private static final int BACKLOG = 128;

    private final VerbsQueue queue;
    private final Handler handler;
    private final MemorySegment id;
    private final InetSocketAddress local;
    private boolean closed;

    VerbsListener(VerbsQueue queue, InetSocketAddress local, Handler handler) throws RdmaException {
        this.queue = queue;
        this.handler = handler;
        this.id = ConnectionManager.createId(queue.connections());
        try {
            ConnectionManager.bind(id, local);
            boolean any = local.getAddress().isAnyLocalAddress();
            if (!any && !queue.device().owns(id)) {
                throw new RdmaException(
                        RdmaStatus.UNREACHABLE,
                        local + " is not an address of " + queue.device().name());
            }
            ConnectionManager.listen(id, BACKLOG);
            this.local = new InetSocketAddress(local.getAddress(), ConnectionManager.sourcePort(id));
            queue.attach(id, this);
        } catch (RdmaException e) {
            ConnectionManager.destroyId(id);
            throw e;
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public void event(ConnectionManager.Event event) {
        if (event.kind() == ConnectionManager.Kind.CONNECT_REQUEST) {
            var request = new Request(queue, event.id(), event.parameters());
            if (queue.device().owns(event.id())) {
                handler.requested(request);
            } else {
                request.reject(); // by way of another adapter, on a wildcard address
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            queue.detach(id);
            ConnectionManager.destroyId(id);
        }
    }

    /** A request until it is decided. */
    private record Request(
            VerbsQueue queue, MemorySegment id, ConnectionParameters offered, SocketAddress from, AtomicBoolean decided)
            implements ConnectionRequest {
        Request(VerbsQueue queue, MemorySegment id, ConnectionParameters offered) {
            this(queue, id, offered, ConnectionManager.peer(id), new AtomicBoolean());
        }

        @Override
        public SocketAddress remoteAddress() {
            return from;
        }

        @Override
        public void accept(QueuePair pair, ConnectionParameters parameters) {
            var taker = (VerbsQueuePair) pair;
            if (!decided.compareAndSet(false, true)) {
                throw new IllegalStateException("decided before");
            }
            int most = queue.device().limits().maxReads();
            // An answer with more than was asked for is refused by the asking side.
            var agreed = new ConnectionParameters(
                    Math.min(most, Math.min(parameters.inboundReads(), offered.inboundReads())),
                    Math.min(most, Math.min(parameters.outboundReads(), offered.outboundReads())),
                    parameters.privateData());
            try {
                if (taker.queue() != queue) {
                    ConnectionManager.migrateId(id, taker.queue().connections());
                }
            } catch (RdmaException e) {
                ConnectionManager.destroyId(id);
                throw new IllegalStateException(e);
            }
            taker.accept(id, from, agreed, offered.privateData());
        }

        @Override
        public void reject(byte... privateData) {
            if (decided.compareAndSet(false, true)) {
                ConnectionManager.reject(id, privateData);
                ConnectionManager.destroyId(id);
            }
        }
    }
}
