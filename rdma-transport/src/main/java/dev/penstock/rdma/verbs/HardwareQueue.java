package dev.penstock.rdma.verbs;

import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.RemoteSpan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** The adapter's queue pair with a completion queue of its own, as deep as both halves. Of the owner's thread. */
final class HardwareQueue {
    /** enum ibv_wr_opcode. */
    static final int WRITE = 0;

    static final int SEND = 2;
    static final int READ = 4;
    static final int SEND_WITH_INVALIDATE = 9;

    /** IBV_WC_WITH_INV of a completion's flags. */
    static final int WITH_INVALIDATE = 8;

    private static final int QPT_RC = 2;
    private static final int SIGNALED = 2;

    private final VerbsQueue queue;
    private final int adapter;
    private final MemorySegment id;
    private final MemorySegment cq;
    private final MemorySegment qp;
    private final MemorySegment postSend;
    private final MemorySegment postReceive;
    private final MemorySegment pollCq;
    private final MemorySegment requestNotify;
    private final Runnable detach;

    private HardwareQueue(VerbsQueue queue, MemorySegment id, MemorySegment cq, MemorySegment qp, Runnable detach) {
        this.queue = queue;
        this.adapter = queue.device().adapter(id);
        this.id = id;
        this.cq = cq;
        this.qp = qp;
        this.detach = detach;
        MemorySegment context = queue.device().contexts().get(adapter);
        this.postSend = Structs.pointer(context, Structs.CONTEXT_POST_SEND);
        this.postReceive = Structs.pointer(context, Structs.CONTEXT_POST_RECV);
        this.pollCq = Structs.pointer(context, Structs.CONTEXT_POLL_CQ);
        this.requestNotify = Structs.pointer(context, Structs.CONTEXT_REQ_NOTIFY_CQ);
    }

    static HardwareQueue create(
            VerbsQueue queue, VerbsDomain domain, MemorySegment id, QueuePairOptions options, long number)
            throws RdmaException {
        int adapter = queue.device().adapter(id);
        MemorySegment cq = Verbs.createCq(
                queue.device().contexts().get(adapter),
                options.sendDepth() + options.receiveDepth(),
                number,
                queue.completions(adapter));
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(Structs.QP_INIT_ATTR, 8);
            Structs.pointer(attributes, Structs.QP_INIT_ATTR_SEND_CQ, cq);
            Structs.pointer(attributes, Structs.QP_INIT_ATTR_RECV_CQ, cq);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_SEND_WR, options.sendDepth());
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_RECV_WR, options.receiveDepth());
            int gather = queue.device().limits().maxGather();
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_SEND_SGE, gather);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_RECV_SGE, 1);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_QP_TYPE, QPT_RC);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_SQ_SIG_ALL, 1);
            MemorySegment qp = ConnectionManager.createQp(id, domain.pd(adapter), attributes);
            return new HardwareQueue(queue, id, cq, qp, () -> queue.forget(number));
        } catch (RdmaException e) {
            Verbs.destroyCq(cq);
            queue.forget(number);
            throw e;
        }
    }

    /** Which half a work request identifier is of. */
    static boolean isReceive(long workId) {
        return (workId & 1) != 0;
    }

    /** Its number in that half. */
    static long number(long workId) {
        return workId >>> 1;
    }

    /** The answer is 0 or an errno. */
    int postReceive(long number, LocalSpan into) {
        var scratch = queue.scratch();
        Structs.i64(scratch.receiveRequest, Structs.RECV_WR_WR_ID, number << 1 | 1);
        Structs.i32(scratch.receiveRequest, Structs.RECV_WR_NUM_SGE, put(into, 0));
        return post(Native.POST, postReceive, scratch.receiveRequest);
    }

    /** The answer is 0 or an errno. */
    int postSend(long number, int opcode, List<LocalSpan> spans, RemoteSpan remote) {
        var scratch = queue.scratch();
        MemorySegment request = scratch.sendRequest;
        int count = 0;
        for (int i = 0; i < spans.size(); i++) {
            count += put(spans.get(i), count);
        }
        Structs.i64(request, Structs.SEND_WR_WR_ID, number << 1);
        Structs.i32(request, Structs.SEND_WR_NUM_SGE, count);
        Structs.i32(request, Structs.SEND_WR_OPCODE, opcode);
        Structs.i32(request, Structs.SEND_WR_SEND_FLAGS, SIGNALED);
        Structs.i32(request, Structs.SEND_WR_INVALIDATE_RKEY, opcode == SEND_WITH_INVALIDATE ? remote.key() : 0);
        Structs.i64(request, Structs.SEND_WR_REMOTE_ADDR, remote.address());
        Structs.i32(request, Structs.SEND_WR_RKEY, remote.key());
        return post(Native.POST, postSend, request);
    }

    /** Empty spans are left out, since some adapters take 0 for 2 GiB. */
    private int put(LocalSpan span, int index) {
        if (span.length() == 0) {
            return 0;
        }
        MemorySegment spans = queue.scratch().spans;
        long at = index * Structs.SGE;
        Structs.i64(spans, at + Structs.SGE_ADDR, span.region().memory().address() + span.offset());
        Structs.i32(spans, at + Structs.SGE_LENGTH, (int) span.length());
        Structs.i32(spans, at + Structs.SGE_LKEY, ((VerbsDomain.Region) span.region()).localKey(adapter));
        return 1;
    }

    private int post(MethodHandle handle, MemorySegment function, MemorySegment request) {
        try {
            return (int) handle.invokeExact(function, qp, request, queue.scratch().bad);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Takes completions into the scratch memory; the answer is how many. */
    int poll(int atMost) {
        try {
            int n = (int) Native.POLL_CQ.invokeExact(pollCq, cq, atMost, queue.scratch().completions);
            return Math.max(0, n);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    void arm() {
        try {
            int ignored = (int) Native.REQ_NOTIFY_CQ.invokeExact(requestNotify, cq, 0);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    void toError() {
        Verbs.toError(qp);
    }

    void destroy() {
        ConnectionManager.destroyQp(id);
        Verbs.destroyCq(cq);
        detach.run();
    }

    /** enum ibv_wc_status in our terms. */
    static RdmaStatus status(int wc) {
        return switch (wc) {
            case 0 -> RdmaStatus.SUCCESS;
            case 1 -> RdmaStatus.LOCAL_LENGTH;
            case 2, 4, 6, 8 -> RdmaStatus.LOCAL_PROTECTION;
            case 5 -> RdmaStatus.FLUSHED;
            case 7, 9 -> RdmaStatus.PROTOCOL;
            case 10 -> RdmaStatus.REMOTE_ACCESS;
            case 11, 13 -> RdmaStatus.REMOTE_OPERATION;
            case 12 -> RdmaStatus.CONNECTION_LOST;
            default -> RdmaStatus.CONNECTION_LOST;
        };
    }
}
