package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Sizes and offsets of the C structs, as compilers lay them out on 64-bit Linux, named after struct and field. A test holds each of them
 * against what the installed headers say.
 */
final class Structs {
    static final long CONTEXT = 328;
    static final long CONTEXT_DEVICE = 0;
    static final long CONTEXT_POLL_CQ = 96;
    static final long CONTEXT_REQ_NOTIFY_CQ = 104;
    static final long CONTEXT_POST_SEND = 208;
    static final long CONTEXT_POST_RECV = 216;

    static final long DEVICE = 664;
    static final long DEVICE_TRANSPORT_TYPE = 20;

    static final long DEVICE_ATTR = 232;
    static final long DEVICE_ATTR_MAX_SGE = 120;
    static final long DEVICE_ATTR_MAX_QP_RD_ATOM = 144;
    static final long DEVICE_ATTR_MAX_QP_INIT_RD_ATOM = 156;

    /** 52 up to rdma-core 44. */
    static final long PORT_ATTR = 56;

    static final long PORT_ATTR_STATE = 0;
    static final long PORT_ATTR_ACTIVE_MTU = 8;
    static final long PORT_ATTR_GID_TBL_LEN = 12;
    static final long PORT_ATTR_LINK_LAYER = 46;

    static final long COMP_CHANNEL_FD = 8;

    static final long MR = 48;
    static final long MR_LKEY = 36;
    static final long MR_RKEY = 40;

    static final long SGE = 16;
    static final long SGE_ADDR = 0;
    static final long SGE_LENGTH = 8;
    static final long SGE_LKEY = 12;

    static final long SEND_WR = 128;
    static final long SEND_WR_WR_ID = 0;
    static final long SEND_WR_NEXT = 8;
    static final long SEND_WR_SG_LIST = 16;
    static final long SEND_WR_NUM_SGE = 24;
    static final long SEND_WR_OPCODE = 28;
    static final long SEND_WR_SEND_FLAGS = 32;
    static final long SEND_WR_INVALIDATE_RKEY = 36;
    static final long SEND_WR_REMOTE_ADDR = 40;
    static final long SEND_WR_RKEY = 48;

    static final long RECV_WR = 32;
    static final long RECV_WR_WR_ID = 0;
    static final long RECV_WR_NEXT = 8;
    static final long RECV_WR_SG_LIST = 16;
    static final long RECV_WR_NUM_SGE = 24;

    static final long WC = 48;
    static final long WC_WR_ID = 0;
    static final long WC_STATUS = 8;
    static final long WC_BYTE_LEN = 20;
    static final long WC_INVALIDATED_RKEY = 24;
    static final long WC_FLAGS = 36;

    static final long QP_INIT_ATTR = 64;
    static final long QP_INIT_ATTR_SEND_CQ = 8;
    static final long QP_INIT_ATTR_RECV_CQ = 16;
    static final long QP_INIT_ATTR_MAX_SEND_WR = 32;
    static final long QP_INIT_ATTR_MAX_RECV_WR = 36;
    static final long QP_INIT_ATTR_MAX_SEND_SGE = 40;
    static final long QP_INIT_ATTR_MAX_RECV_SGE = 44;
    static final long QP_INIT_ATTR_QP_TYPE = 52;
    static final long QP_INIT_ATTR_SQ_SIG_ALL = 56;

    static final long QP_ATTR = 144;
    static final long QP_ATTR_QP_STATE = 0;
    static final long QP_ATTR_PATH_MTU = 8;
    static final long QP_ATTR_RQ_PSN = 20;
    static final long QP_ATTR_SQ_PSN = 24;
    static final long QP_ATTR_DEST_QP_NUM = 28;
    static final long QP_ATTR_QP_ACCESS_FLAGS = 32;
    static final long QP_ATTR_AH_DGID = 56;
    static final long QP_ATTR_AH_SGID_INDEX = 76;
    static final long QP_ATTR_AH_HOP_LIMIT = 77;
    static final long QP_ATTR_AH_IS_GLOBAL = 85;
    static final long QP_ATTR_AH_PORT_NUM = 86;
    static final long QP_ATTR_PORT_NUM = 129;

    static final long QP = 160;
    static final long QP_QP_NUM = 52;

    static final long EVENT_CHANNEL_FD = 0;

    static final long CM_ID = 416;
    static final long CM_ID_VERBS = 0;
    static final long CM_ID_QP = 24;
    static final long CM_ID_DST_ADDR = 160;

    static final long CM_EVENT = 80;
    static final long CM_EVENT_ID = 0;
    static final long CM_EVENT_LISTEN_ID = 8;
    static final long CM_EVENT_EVENT = 16;
    static final long CM_EVENT_STATUS = 20;
    static final long CM_EVENT_CONN = 24;

    static final long CONN_PARAM = 24;
    static final long CONN_PARAM_PRIVATE_DATA = 0;
    static final long CONN_PARAM_PRIVATE_DATA_LEN = 8;
    static final long CONN_PARAM_RESPONDER_RESOURCES = 9;
    static final long CONN_PARAM_INITIATOR_DEPTH = 10;
    static final long CONN_PARAM_FLOW_CONTROL = 11;
    static final long CONN_PARAM_RETRY_COUNT = 12;
    static final long CONN_PARAM_RNR_RETRY_COUNT = 13;

    private Structs() {}

    static int i32(MemorySegment struct, long at) {
        return struct.get(JAVA_INT, at);
    }

    static void i32(MemorySegment struct, long at, int value) {
        struct.set(JAVA_INT, at, value);
    }

    static long i64(MemorySegment struct, long at) {
        return struct.get(JAVA_LONG, at);
    }

    static void i64(MemorySegment struct, long at, long value) {
        struct.set(JAVA_LONG, at, value);
    }

    static int u8(MemorySegment struct, long at) {
        return struct.get(JAVA_BYTE, at) & 0xFF;
    }

    static void u8(MemorySegment struct, long at, int value) {
        struct.set(JAVA_BYTE, at, (byte) value);
    }

    static MemorySegment pointer(MemorySegment struct, long at) {
        return struct.get(ADDRESS, at);
    }

    static void pointer(MemorySegment struct, long at, MemorySegment value) {
        struct.set(ADDRESS, at, value);
    }
}
