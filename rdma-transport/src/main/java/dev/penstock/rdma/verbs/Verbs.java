package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The functions of libibverbs, one method each. Thread-safe, as they are. */
final class Verbs {
    /** IBV_ACCESS_LOCAL_WRITE, REMOTE_WRITE, REMOTE_READ. */
    static final int LOCAL_WRITE = 1;

    static final int REMOTE_WRITE = 2;
    static final int REMOTE_READ = 4;

    /** IBV_TRANSPORT_IWARP. */
    static final int TRANSPORT_IWARP = 1;

    /** IBV_PORT_ACTIVE. */
    static final int PORT_ACTIVE = 4;

    /** IBV_QPS_ERR, and the mask bit of the state. */
    private static final int STATE_ERROR = 6;

    private static final int MASK_STATE = 1;

    private static final MethodHandle GET_DEVICE_LIST = function("ibv_get_device_list", ADDRESS, ADDRESS);
    private static final MethodHandle FREE_DEVICE_LIST =
            Native.function(VerbsLibrary.HERE.path(), "ibv_free_device_list", null, ADDRESS);
    private static final MethodHandle GET_DEVICE_NAME = function("ibv_get_device_name", ADDRESS, ADDRESS);
    private static final MethodHandle OPEN_DEVICE = function("ibv_open_device", ADDRESS, ADDRESS);
    private static final MethodHandle CLOSE_DEVICE = function("ibv_close_device", JAVA_INT, ADDRESS);
    private static final MethodHandle QUERY_DEVICE = function("ibv_query_device", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle QUERY_PORT = function("ibv_query_port", JAVA_INT, ADDRESS, JAVA_BYTE, ADDRESS);
    private static final MethodHandle ALLOC_PD = function("ibv_alloc_pd", ADDRESS, ADDRESS);
    private static final MethodHandle DEALLOC_PD = function("ibv_dealloc_pd", JAVA_INT, ADDRESS);
    private static final MethodHandle REG_MR = function("ibv_reg_mr", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle DEREG_MR = function("ibv_dereg_mr", JAVA_INT, ADDRESS);
    private static final MethodHandle CREATE_CQ =
            function("ibv_create_cq", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle DESTROY_CQ = function("ibv_destroy_cq", JAVA_INT, ADDRESS);
    private static final MethodHandle MODIFY_QP = function("ibv_modify_qp", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

    private Verbs() {}

    /** Loads the class, and with it all functions. */
    static void touch() {
        // The initialiser has done it.
    }

    static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
        return Native.function(VerbsLibrary.HERE.path(), name, result, arguments);
    }

    /** Told of each device that the library knows; the pointer is good for the call. */
    interface EachDevice {
        void device(MemorySegment device, String name) throws RdmaException;
    }

    static void eachDevice(EachDevice then) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(JAVA_INT);
            MemorySegment list =
                    Native.object("ibv_get_device_list", s -> (MemorySegment) GET_DEVICE_LIST.invokeExact(s, count));
            try {
                int n = count.get(JAVA_INT, 0);
                MemorySegment pointers = Native.sized(list, 8L * Math.max(1, n));
                for (int i = 0; i < n; i++) {
                    MemorySegment device = pointers.getAtIndex(ADDRESS, i);
                    then.device(device, name(device));
                }
            } finally {
                Native.errno(s -> {
                    FREE_DEVICE_LIST.invokeExact(s, list);
                    return 0;
                });
            }
        }
    }

    static String name(MemorySegment device) throws RdmaException {
        return Native.text(
                Native.object("ibv_get_device_name", s -> (MemorySegment) GET_DEVICE_NAME.invokeExact(s, device)));
    }

    static MemorySegment openDevice(MemorySegment device) throws RdmaException {
        return Native.sized(
                Native.object("ibv_open_device", s -> (MemorySegment) OPEN_DEVICE.invokeExact(s, device)),
                Structs.CONTEXT);
    }

    static void closeDevice(MemorySegment context) {
        Native.errno(s -> (int) CLOSE_DEVICE.invokeExact(s, context));
    }

    static void queryDevice(MemorySegment context, MemorySegment attributes) throws RdmaException {
        Native.check("ibv_query_device", s -> (int) QUERY_DEVICE.invokeExact(s, context, attributes));
    }

    /** Fills the part of the attributes that the exported function knows; the rest stays as it is. */
    static void queryPort(MemorySegment context, int port, MemorySegment attributes) throws RdmaException {
        Native.check("ibv_query_port", s -> (int) QUERY_PORT.invokeExact(s, context, (byte) port, attributes));
    }

    static MemorySegment allocatePd(MemorySegment context) throws RdmaException {
        return Native.object("ibv_alloc_pd", s -> (MemorySegment) ALLOC_PD.invokeExact(s, context));
    }

    static void deallocatePd(MemorySegment domain) {
        Native.errno(s -> (int) DEALLOC_PD.invokeExact(s, domain));
    }

    static MemorySegment registerMr(MemorySegment domain, MemorySegment memory, int access) throws RdmaException {
        return Native.sized(
                Native.object("ibv_reg_mr of " + memory.byteSize() + " bytes", s ->
                        (MemorySegment) REG_MR.invokeExact(s, domain, memory, memory.byteSize(), access)),
                Structs.MR);
    }

    static void deregisterMr(MemorySegment region) {
        Native.errno(s -> (int) DEREG_MR.invokeExact(s, region));
    }

    /** A queue whose events say {@code number}. */
    static MemorySegment createCq(MemorySegment context, int depth, long number, MemorySegment channel)
            throws RdmaException {
        MemorySegment user = MemorySegment.ofAddress(number);
        return Native.object(
                "ibv_create_cq", s -> (MemorySegment) CREATE_CQ.invokeExact(s, context, depth, user, channel, 0));
    }

    static void destroyCq(MemorySegment queue) {
        Native.errno(s -> (int) DESTROY_CQ.invokeExact(s, queue));
    }

    /** Moves a queue pair to the error state: what is outstanding is flushed. */
    static void toError(MemorySegment pair) {
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(Structs.QP_ATTR, 8);
            Structs.i32(attributes, Structs.QP_ATTR_QP_STATE, STATE_ERROR);
            Native.errno(s -> (int) MODIFY_QP.invokeExact(s, pair, attributes, MASK_STATE));
        }
    }
}
