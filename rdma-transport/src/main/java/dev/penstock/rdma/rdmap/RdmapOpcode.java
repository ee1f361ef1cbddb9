package dev.penstock.rdma.rdmap;

/** RDMAP opcodes, RFC 5040 figure 4. */
final class RdmapOpcode {
    static final int WRITE = 0;
    static final int READ_REQUEST = 1;
    static final int READ_RESPONSE = 2;
    static final int SEND = 3;
    static final int SEND_INVALIDATE = 4;
    static final int SEND_SOLICITED = 5;
    static final int SEND_SOLICITED_INVALIDATE = 6;
    static final int TERMINATE = 7;

    private RdmapOpcode() {}

    /** Whether its segments name a buffer of the receiver's. */
    static boolean tagged(int opcode) {
        return opcode == WRITE || opcode == READ_RESPONSE;
    }

    static boolean send(int opcode) {
        return opcode >= SEND && opcode <= SEND_SOLICITED_INVALIDATE;
    }

    static boolean invalidates(int opcode) {
        return opcode == SEND_INVALIDATE || opcode == SEND_SOLICITED_INVALIDATE;
    }
}
