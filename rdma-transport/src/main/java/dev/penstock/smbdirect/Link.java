package dev.penstock.smbdirect;

import dev.penstock.memory.Lease;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.Poller;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairHandler;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.WorkCompletion;
import dev.penstock.smbdirect.SmbDirectConnection.CloseReason.Cause;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A connection of either role: negotiation, life cycle, timers. State is of the poller's thread; see {@link SmbDirectConnection}. */
final class Link implements SmbDirectConnection, QueuePairHandler {
    private enum Phase {
        CONNECTING,
        NEGOTIATING,
        OPEN,
        OVER
    }

    /** What a link needs of the endpoint when its negotiation has ended. */
    interface Outcome {
        /** It is open: who uses it. */
        Handler opened(Link link);

        /** It never was. */
        void failed(SmbDirectException why);
    }

    /** How long a close waits for the credits that the messages before it need. */
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final SmbDirectEndpoint endpoint;
    private final SmbDirectConfig config;
    private final Poller poller;
    private final BufferStripes.Stripe stripe;
    private final QueuePair pair;
    private final Inbound inbound;
    private final Outbound outbound;
    private final Counters counters = new Counters();
    private final IdleTimer idle;
    private final boolean client;
    private final Outcome outcome;
    private Phase phase = Phase.CONNECTING;
    private volatile @Nullable SmbDirectParameters parameters;
    private @Nullable Handler handler;
    private @Nullable CloseReason reason;
    private boolean disconnected;
    private boolean finished;
    private boolean stripeGivenBack;

    private long deadline;
    private boolean deadlineSet;

    Link(SmbDirectEndpoint endpoint, Poller poller, BufferStripes.Stripe stripe, boolean client, Outcome outcome) {
        this.endpoint = endpoint;
        this.config = endpoint.config();
        this.poller = poller;
        this.stripe = stripe;
        this.client = client;
        this.outcome = outcome;
        this.idle = new IdleTimer(config);
        this.pair = endpoint.device()
                .queuePair(
                        new QueuePairOptions(
                                endpoint.domain(),
                                poller.queue(),
                                config.credits() + Outbound.TRANSFER_DEPTH,
                                config.credits()),
                        this);
        this.inbound = new Inbound(this, config, endpoint.pool(), stripe, pair);
        this.outbound = new Outbound(
                this,
                config,
                endpoint.memory(),
                stripe,
                pair,
                endpoint.device().limits().maxGather());
        inbound.postFirst();
        poller.attach(this);
        setDeadline(config.negotiateTimeout().toNanos());
    }

    QueuePair pair() {
        return pair;
    }

    Inbound inbound() {
        return inbound;
    }

    Counters meters() {
        return counters;
    }

    // ---------------------------------------------------------------- events of the queue pair

    @Override
    public void established(QueuePair p, ConnectionParameters agreed) {
        phase = Phase.NEGOTIATING;
        if (client) {
            var request = new NegotiateRequest(
                    NegotiateRequest.VERSION,
                    NegotiateRequest.VERSION,
                    config.credits(),
                    config.messageSize(),
                    config.messageSize(),
                    endpoint.fragmentedSize());
            outbound.sendNegotiate(request.encode(outbound.negotiateBuffer()));
        }
    }

    @Override
    public void completed(WorkCompletion completion) {
        if (completion.opcode() != WorkCompletion.Opcode.RECEIVE) {
            outbound.completed(completion);
        } else if (!completion.succeeded()) {
            inbound.flushed((int) completion.id());
        } else {
            received((int) completion.id(), completion.length());
        }
        if (phase == Phase.OPEN) {
            outbound.pump();
        }
        maybeFinish();
    }

    private void received(int slot, long length) {
        idle.heard();
        try {
            switch (phase) {
                case CONNECTING, OVER -> inbound.release(slot);
                case NEGOTIATING -> negotiate(slot, length);
                case OPEN -> {
                    counters.fragmentsIn.increment();
                    var header = inbound.received(slot, length);
                    outbound.granted(header.creditsGranted());
                    if (header.responseRequested()) {
                        outbound.answerDue();
                    }
                    outbound.pump();
                    grantIfDue(header.dataLength() > 0);
                }
            }
        } catch (MalformedPduException e) {
            end(Cause.PROTOCOL, String.valueOf(e.getMessage()));
        }
    }

    private void negotiate(int slot, long length) throws MalformedPduException {
        var message = inbound.bytes(slot, length);
        var request = client ? null : NegotiateRequest.decode(message);
        var response = client ? NegotiateResponse.decode(message) : null;
        inbound.release(slot);
        if (request != null) {
            answer(request);
        } else if (response != null) {
            agree(response);
        }
    }

    /** [MS-SMBD] 3.1.5.2. */
    private void answer(NegotiateRequest request) throws MalformedPduException {
        if (!request.speaksVersion()) {
            var refusal = new NegotiateResponse(0, 0, 0, NegotiateResponse.NOT_SUPPORTED, 0, 0, 0, 0);
            outbound.sendNegotiate(refusal.encode(outbound.negotiateBuffer()));
            throw new MalformedPduException("no common version");
        }
        var agreed = Agreement.answering(request, config, endpoint.fragmentedSize());
        open(agreed);
        var response = new NegotiateResponse(
                NegotiateRequest.VERSION,
                config.credits(),
                inbound.takeGrant(),
                0,
                config.maxReadWrite(),
                agreed.parameters().maxSend(),
                agreed.parameters().maxReceive(),
                endpoint.fragmentedSize());
        outbound.sendNegotiate(response.encode(outbound.negotiateBuffer()));
        handler = outcome.opened(this);
    }

    /** [MS-SMBD] 3.1.5.3. */
    private void agree(NegotiateResponse response) throws MalformedPduException {
        open(Agreement.accepting(response, config, endpoint.fragmentedSize()));
        handler = outcome.opened(this);
        grantIfDue(true);
    }

    private void open(Agreement agreed) {
        var sizes = agreed.parameters();
        parameters = sizes;
        inbound.open(sizes.maxReceive(), sizes.maxMessageIn(), agreed.creditsWanted());
        outbound.open(sizes.maxSend(), agreed.creditsGranted());
        phase = Phase.OPEN;
        deadlineSet = false;
        idle.start(poller.queue().nanoTime());
    }

    void deliver(Lease message) {
        counters.messagesIn.increment();
        java.util.Objects.requireNonNull(handler).received(this, message);
    }

    void grantIfDue(boolean afterData) {
        if (phase == Phase.OPEN && inbound.shouldGrant(afterData)) {
            outbound.sendEmpty(false);
        }
    }

    @Override
    public void disconnected(QueuePair p, Disconnect cause) {
        disconnected = true;
        var why = switch (cause.status()) {
            case SUCCESS -> Cause.LOCAL;
            case DISCONNECTED -> Cause.REMOTE;
            case TIMEOUT -> Cause.TIMEOUT;
            case PROTOCOL, REMOTE_ACCESS, REMOTE_OPERATION -> Cause.PROTOCOL;
            default -> Cause.TRANSPORT;
        };
        if (phase == Phase.OPEN && inbound.anyPosted()) {
            // Messages may have come that are not polled yet: the peer's last ones, which are still the user's.
            reason = new CloseReason(why, cause.detail());
            inbound.postNoMore();
            outbound.end(new SmbDirectException("the connection is over: " + cause.detail()));
        } else {
            end(why, cause.detail());
        }
        maybeFinish();
    }

    @Override
    public void tick(long now) {
        if (deadlineSet && now - deadline >= 0) {
            end(
                    phase == Phase.OPEN ? Cause.LOCAL : Cause.TIMEOUT,
                    "not " + (phase == Phase.OPEN ? "closed" : "negotiated") + " in time");
        }
        if (phase != Phase.OPEN) {
            return;
        }
        try {
            inbound.resume();
            inbound.replenish();
            outbound.pump();
        } catch (MalformedPduException e) {
            end(Cause.PROTOCOL, String.valueOf(e.getMessage()));
            return;
        }
        switch (idle.look(now)) {
            case NOTHING -> {}
            // Without a credit there is nothing to ask with; the silence counts all the same.
            case ASK -> outbound.sendEmpty(true);
            case GIVE_UP -> end(Cause.TIMEOUT, "no answer to a keep-alive");
        }
    }

    private void setDeadline(long nanos) {
        deadline = poller.queue().nanoTime() + nanos;
        deadlineSet = true;
    }

    /** Ends the connection, for the first reason given. */
    private void end(Cause cause, String detail) {
        if (phase == Phase.OVER) {
            return;
        }
        boolean opened = phase == Phase.OPEN;
        phase = Phase.OVER;
        deadlineSet = false;
        if (reason == null) {
            reason = new CloseReason(cause, detail);
        }
        var why = new SmbDirectException("the connection is over: " + detail);
        inbound.end();
        outbound.end(why);
        pair.close();
        if (!opened) {
            outcome.failed(why);
        }
    }

    void closeNow() {
        end(Cause.LOCAL, "closed on this side");
    }

    private void finish() {
        finished = true;
        poller.detach(this);
        endpoint.forget(this);
        if (handler != null) {
            handler.closed(this, java.util.Objects.requireNonNull(reason));
        }
    }

    /** Its buffers are not given back: nobody is there to say that the device is done with them. */
    @Override
    public void abandoned(String why) {
        try {
            end(Cause.TRANSPORT, why);
        } finally {
            if (!finished) {
                finish();
            }
        }
    }

    /** Gives the buffers back and tells the user when nothing can touch them any more. */
    void maybeFinish() {
        if (!disconnected || outbound.anyPosted() || inbound.anyPosted()) {
            return;
        }
        var known = reason;
        if (phase != Phase.OVER && known != null) {
            end(known.cause(), known.detail());
        }
        if (!finished) {
            finish(); // the user may release there what it holds, and so come here again
        }
        if (!inbound.anyLent() && !stripeGivenBack) {
            stripeGivenBack = true;
            endpoint.stripes().giveBack(stripe);
        }
    }

    // ---------------------------------------------------------------- for any thread

    /** Runs on the poller's thread: at once if this is it. */
    void run(Runnable task) {
        if (poller.owns()) {
            task.run();
        } else {
            try {
                poller.execute(task);
            } catch (RejectedExecutionException e) {
                // The loop has ended, and with it the connection: nothing is left to be done or told.
            }
        }
    }

    private void submit(Operation operation) {
        run(() -> outbound.add(operation));
    }

    @Override
    public SocketAddress remoteAddress() {
        return java.util.Objects.requireNonNull(pair.remoteAddress());
    }

    @Override
    public Executor loop() {
        return poller;
    }

    @Override
    public SmbDirectParameters parameters() {
        return java.util.Objects.requireNonNull(parameters, "not yet negotiated");
    }

    @Override
    public SmbDirectCounters counters() {
        return counters.view();
    }

    @Override
    public void send(List<MemorySegment> parts, Completion done) {
        submit(message(parts, false, 0, done));
    }

    @Override
    public void sendInvalidating(List<MemorySegment> parts, int token, Completion done) {
        submit(message(parts, true, token, done));
    }

    private Operation message(List<MemorySegment> parts, boolean invalidates, int token, Completion done) {
        var message = new Operation.Message(parts, invalidates, token, done);
        if (message.left() == 0 || message.left() > parameters().maxMessageOut()) {
            throw new IllegalArgumentException("a message of " + message.left() + " bytes");
        }
        return message;
    }

    @Override
    public void writeToPeer(List<BufferDescriptor> to, List<MemorySegment> from, Completion done) {
        transfer(to, from, false, done);
    }

    @Override
    public void readFromPeer(List<BufferDescriptor> from, MemorySegment into, Completion done) {
        transfer(from, List.of(into), true, done);
    }

    private void transfer(List<BufferDescriptor> remote, List<MemorySegment> local, boolean read, Completion done) {
        var spans = new ArrayList<LocalSpan>(local.size());
        long bytes = 0;
        for (MemorySegment m : local) {
            var span = endpoint.memory().find(m);
            if (span == null) {
                throw new IllegalArgumentException("memory that is not registered");
            }
            bytes += span.length();
            spans.add(span);
        }
        if (bytes > BufferDescriptor.total(remote) || bytes > parameters().maxReadWrite()) {
            throw new IllegalArgumentException("a transfer of " + bytes + " bytes");
        }
        submit(new Operation.Transfer(remote, spans, read, done));
    }

    @Override
    public MemoryWindow expose(MemoryRegion region, long offset, long length, boolean writable)
            throws SmbDirectException {
        try {
            var access = EnumSet.of(writable ? Access.REMOTE_WRITE : Access.REMOTE_READ);
            return endpoint.domain().window(region, offset, length, access);
        } catch (RdmaException e) {
            throw new SmbDirectException(
                    e.status() == RdmaStatus.RESOURCES ? "no more memory windows" : String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        run(() -> {
            if (phase == Phase.OPEN) {
                setDeadline(CLOSE_NANOS);
                outbound.add(new Operation.Close());
            } else {
                closeNow();
            }
        });
    }

    @Override
    public void abort(String why) {
        run(() -> end(Cause.PROTOCOL, why));
    }
}
