package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;

/** The functions of libibverbs that bring a queue pair up by hand, without a connection manager. Thread-safe, as they are. */
final class UcVerbs {
    /** enum ibv_qp_type. */
    static final int QPT_UC = 3;

    /** What a port is known by on its network. */
    static final int GID_BYTES = 16;

    // enum ibv_qp_state and enum ibv_qp_attr_mask
    private static final int INIT = 1;
    private static final int RTR = 2;
    private static final int RTS = 3;
    private static final int STATE = 1;
    private static final int ACCESS_FLAGS = 1 << 3;
    private static final int PKEY_INDEX = 1 << 4;
    private static final int PORT = 1 << 5;
    private static final int AV = 1 << 7;
    private static final int PATH_MTU = 1 << 8;
    private static final int RQ_PSN = 1 << 12;
    private static final int SQ_PSN = 1 << 16;
    private static final int DEST_QPN = 1 << 20;

    private static final MethodHandle CREATE_QP = Verbs.function("ibv_create_qp", ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle DESTROY_QP = Verbs.function("ibv_destroy_qp", JAVA_INT, ADDRESS);
    private static final MethodHandle MODIFY_QP = Verbs.function("ibv_modify_qp", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle QUERY_GID =
            Verbs.function("ibv_query_gid", JAVA_INT, ADDRESS, JAVA_BYTE, JAVA_INT, ADDRESS);

    private UcVerbs() {}

    static byte[] queryGid(MemorySegment context, int port, int index) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var gid = arena.allocate(GID_BYTES, 8);
            Native.check("ibv_query_gid", s -> (int) QUERY_GID.invokeExact(s, context, (byte) port, index, gid));
            return gid.toArray(JAVA_BYTE);
        }
    }

    /** A UC queue pair, one span per request, of which those are signalled that say so. */
    static MemorySegment createQp(MemorySegment pd, MemorySegment cq, int sends, int receives) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(Structs.QP_INIT_ATTR, 8);
            Structs.pointer(attributes, Structs.QP_INIT_ATTR_SEND_CQ, cq);
            Structs.pointer(attributes, Structs.QP_INIT_ATTR_RECV_CQ, cq);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_SEND_WR, sends);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_RECV_WR, receives);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_SEND_SGE, 1);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_MAX_RECV_SGE, 1);
            Structs.i32(attributes, Structs.QP_INIT_ATTR_QP_TYPE, QPT_UC);
            return Native.sized(
                    Native.object("ibv_create_qp (UC)", s -> (MemorySegment) CREATE_QP.invokeExact(s, pd, attributes)),
                    Structs.QP);
        }
    }

    static void destroyQp(MemorySegment qp) {
        Native.errno(s -> (int) DESTROY_QP.invokeExact(s, qp));
    }

    static void toInit(MemorySegment qp, int port, int access) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var attributes = attributes(arena, INIT);
            Structs.u8(attributes, Structs.QP_ATTR_PORT_NUM, port);
            Structs.i32(attributes, Structs.QP_ATTR_QP_ACCESS_FLAGS, access);
            modify(qp, attributes, STATE | PKEY_INDEX | PORT | ACCESS_FLAGS);
        }
    }

    /** Ready to receive from a peer. */
    static void toReceive(MemorySegment qp, int port, int gidIndex, int mtu, UcAddress peer) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var attributes = attributes(arena, RTR);
            Structs.i32(attributes, Structs.QP_ATTR_PATH_MTU, mtu);
            Structs.i32(attributes, Structs.QP_ATTR_DEST_QP_NUM, peer.queuePair());
            Structs.i32(attributes, Structs.QP_ATTR_RQ_PSN, peer.sequence());
            peer.copyGid(attributes, Structs.QP_ATTR_AH_DGID);
            Structs.u8(attributes, Structs.QP_ATTR_AH_SGID_INDEX, gidIndex);
            // One cable, no router: TN3205 has a limit of 1.
            Structs.u8(attributes, Structs.QP_ATTR_AH_HOP_LIMIT, 1);
            Structs.u8(attributes, Structs.QP_ATTR_AH_IS_GLOBAL, 1);
            Structs.u8(attributes, Structs.QP_ATTR_AH_PORT_NUM, port);
            modify(qp, attributes, STATE | AV | PATH_MTU | DEST_QPN | RQ_PSN);
        }
    }

    /** Ready to send. */
    static void toSend(MemorySegment qp, int sequence) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var attributes = attributes(arena, RTS);
            Structs.i32(attributes, Structs.QP_ATTR_SQ_PSN, sequence);
            modify(qp, attributes, STATE | SQ_PSN);
        }
    }

    private static MemorySegment attributes(SegmentAllocator allocator, int state) {
        var attributes = allocator.allocate(Structs.QP_ATTR, 8);
        Structs.i32(attributes, Structs.QP_ATTR_QP_STATE, state);
        return attributes;
    }

    private static void modify(MemorySegment qp, MemorySegment attributes, int mask) throws RdmaException {
        Native.check("ibv_modify_qp", s -> (int) MODIFY_QP.invokeExact(s, qp, attributes, mask));
    }
}
