package dev.penstock.rdma.verbs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The functions of librdmacm, one method each. Thread-safe, as they are. */
final class ConnectionManager {
    static final String LIBRARY = "librdmacm.so.1";

    /** RDMA_PS_TCP: reliable connections. */
    private static final int PORT_SPACE_TCP = 0x0106;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCKADDR = 28;

    /** The longest private data of a request on InfiniBand and RoCE, behind what the connection manager has there. */
    static final int MAX_PRIVATE_DATA = 56;

    /** What the connection manager says, by the numbers of enum rdma_cm_event_type. */
    enum Kind {
        ADDR_RESOLVED,
        ADDR_ERROR,
        ROUTE_RESOLVED,
        ROUTE_ERROR,
        CONNECT_REQUEST,
        CONNECT_RESPONSE,
        CONNECT_ERROR,
        UNREACHABLE,
        REJECTED,
        ESTABLISHED,
        DISCONNECTED,
        DEVICE_REMOVAL,
        MULTICAST_JOIN,
        MULTICAST_ERROR,
        ADDR_CHANGE,
        TIMEWAIT_EXIT
    }

    /** An event, copied; already acknowledged. */
    record Event(MemorySegment id, long listenId, Kind kind, int status, ConnectionParameters parameters) {}

    private static final MethodHandle GET_DEVICES = function("rdma_get_devices", ADDRESS, ADDRESS);
    private static final MethodHandle FREE_DEVICES = Native.function(LIBRARY, "rdma_free_devices", null, ADDRESS);
    private static final MethodHandle CREATE_EVENT_CHANNEL = function("rdma_create_event_channel", ADDRESS);
    private static final MethodHandle DESTROY_EVENT_CHANNEL =
            Native.function(LIBRARY, "rdma_destroy_event_channel", null, ADDRESS);
    private static final MethodHandle CREATE_ID =
            function("rdma_create_id", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle DESTROY_ID = function("rdma_destroy_id", JAVA_INT, ADDRESS);
    private static final MethodHandle MIGRATE_ID = function("rdma_migrate_id", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle BIND_ADDR = function("rdma_bind_addr", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle LISTEN = function("rdma_listen", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GET_SRC_PORT = function("rdma_get_src_port", JAVA_SHORT, ADDRESS);
    private static final MethodHandle RESOLVE_ADDR =
            function("rdma_resolve_addr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle RESOLVE_ROUTE = function("rdma_resolve_route", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle CREATE_QP = function("rdma_create_qp", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle DESTROY_QP = Native.function(LIBRARY, "rdma_destroy_qp", null, ADDRESS);
    private static final MethodHandle CONNECT = function("rdma_connect", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle ACCEPT = function("rdma_accept", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle REJECT = function("rdma_reject", JAVA_INT, ADDRESS, ADDRESS, JAVA_BYTE);
    private static final MethodHandle DISCONNECT = function("rdma_disconnect", JAVA_INT, ADDRESS);
    private static final MethodHandle GET_CM_EVENT = function("rdma_get_cm_event", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle ACK_CM_EVENT = function("rdma_ack_cm_event", JAVA_INT, ADDRESS);

    private ConnectionManager() {}

    /** Loads the class, and with it all functions. */
    static void touch() {
        // The initialiser has done it.
    }

    private static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
        return Native.function(LIBRARY, name, result, arguments);
    }

    /**
     * The contexts of all devices, which the library opens once and keeps: identifiers are bound to these, so that everything else has to be
     * made of them, too.
     */
    static List<MemorySegment> contexts() throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(JAVA_INT);
            MemorySegment list =
                    Native.object("rdma_get_devices", s -> (MemorySegment) GET_DEVICES.invokeExact(s, count));
            int n = count.get(JAVA_INT, 0);
            var contexts = new ArrayList<MemorySegment>();
            MemorySegment pointers = Native.sized(list, 8L * Math.max(1, n));
            for (int i = 0; i < n; i++) {
                contexts.add(Native.sized(pointers.getAtIndex(ADDRESS, i), Structs.CONTEXT));
            }
            Native.errno(s -> {
                FREE_DEVICES.invokeExact(s, list);
                return 0;
            });
            return contexts;
        }
    }

    /** A channel that does not block. */
    static MemorySegment createEventChannel() throws RdmaException {
        MemorySegment channel = Native.sized(
                Native.object("rdma_create_event_channel", s -> (MemorySegment) CREATE_EVENT_CHANNEL.invokeExact(s)),
                4);
        Waiting.nonblocking(Structs.i32(channel, Structs.EVENT_CHANNEL_FD));
        return channel;
    }

    static void destroyEventChannel(MemorySegment channel) {
        Native.errno(s -> {
            DESTROY_EVENT_CHANNEL.invokeExact(s, channel);
            return 0;
        });
    }

    static MemorySegment createId(MemorySegment channel) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            var id = arena.allocate(ADDRESS);
            Native.check("rdma_create_id", s ->
                    (int) CREATE_ID.invokeExact(s, channel, id, MemorySegment.NULL, PORT_SPACE_TCP));
            return Native.sized(id.get(ADDRESS, 0), Structs.CM_ID);
        }
    }

    static void destroyId(MemorySegment id) {
        Native.errno(s -> (int) DESTROY_ID.invokeExact(s, id));
    }

    static void migrateId(MemorySegment id, MemorySegment channel) throws RdmaException {
        Native.check("rdma_migrate_id", s -> (int) MIGRATE_ID.invokeExact(s, id, channel));
    }

    static void bind(MemorySegment id, InetSocketAddress address) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment socket = encode(address, arena);
            Native.check("rdma_bind_addr to " + address, s -> (int) BIND_ADDR.invokeExact(s, id, socket));
        }
    }

    /** The context of the device that has an address of this machine; nothing where none has. */
    static Optional<MemorySegment> contextAt(InetAddress address) {
        try {
            MemorySegment channel = createEventChannel();
            try {
                MemorySegment id = createId(channel);
                try {
                    bind(id, new InetSocketAddress(address, 0));
                    MemorySegment context = Structs.pointer(id, Structs.CM_ID_VERBS);
                    return context.address() == 0
                            ? Optional.empty()
                            : Optional.of(Native.sized(context, Structs.CONTEXT));
                } finally {
                    destroyId(id);
                }
            } finally {
                destroyEventChannel(channel);
            }
        } catch (RdmaException e) {
            return Optional.empty(); // no adapter has that address
        }
    }

    static void listen(MemorySegment id, int backlog) throws RdmaException {
        Native.check("rdma_listen", s -> (int) LISTEN.invokeExact(s, id, backlog));
    }

    static int sourcePort(MemorySegment id) {
        return Native.errno(s -> {
            short bigEndian = (short) GET_SRC_PORT.invokeExact(s, id);
            return Short.toUnsignedInt(Short.reverseBytes(bigEndian));
        });
    }

    static void resolveAddress(MemorySegment id, InetSocketAddress to, int millis) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment socket = encode(to, arena);
            Native.check("rdma_resolve_addr of " + to, s ->
                    (int) RESOLVE_ADDR.invokeExact(s, id, MemorySegment.NULL, socket, millis));
        }
    }

    static void resolveRoute(MemorySegment id, int millis) throws RdmaException {
        Native.check("rdma_resolve_route", s -> (int) RESOLVE_ROUTE.invokeExact(s, id, millis));
    }

    /** Makes the identifier's queue pair; the answer is the pair itself. */
    static MemorySegment createQp(MemorySegment id, MemorySegment domain, MemorySegment attributes)
            throws RdmaException {
        Native.check("rdma_create_qp", s -> (int) CREATE_QP.invokeExact(s, id, domain, attributes));
        return Structs.pointer(id, Structs.CM_ID_QP);
    }

    static void destroyQp(MemorySegment id) {
        Native.errno(s -> {
            DESTROY_QP.invokeExact(s, id);
            return 0;
        });
    }

    static void connect(MemorySegment id, ConnectionParameters parameters) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment struct = encode(parameters, arena);
            Native.check("rdma_connect", s -> (int) CONNECT.invokeExact(s, id, struct));
        }
    }

    static void accept(MemorySegment id, ConnectionParameters parameters) throws RdmaException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment struct = encode(parameters, arena);
            Native.check("rdma_accept", s -> (int) ACCEPT.invokeExact(s, id, struct));
        }
    }

    static void reject(MemorySegment id, byte[] privateData) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment data =
                    privateData.length == 0 ? MemorySegment.NULL : arena.allocateFrom(JAVA_BYTE, privateData);
            Native.errno(s -> (int) REJECT.invokeExact(s, id, data, (byte) privateData.length));
        }
    }

    static void disconnect(MemorySegment id) {
        Native.errno(s -> (int) DISCONNECT.invokeExact(s, id));
    }

    /** The next event, or null where there is none. */
    static @Nullable Event takeEvent(MemorySegment channel) {
        try (var arena = Arena.ofConfined()) {
            var pointer = arena.allocate(ADDRESS);
            if (Native.errno(s -> (int) GET_CM_EVENT.invokeExact(s, channel, pointer)) != 0) {
                return null;
            }
            MemorySegment event = Native.sized(pointer.get(ADDRESS, 0), Structs.CM_EVENT);
            int number = Structs.i32(event, Structs.CM_EVENT_EVENT);
            Kind kind = number >= 0 && number < Kind.values().length ? Kind.values()[number] : Kind.ADDR_CHANGE;
            boolean connection = kind == Kind.CONNECT_REQUEST || kind == Kind.ESTABLISHED;
            var copy = new Event(
                    Native.sized(Structs.pointer(event, Structs.CM_EVENT_ID), Structs.CM_ID),
                    Structs.pointer(event, Structs.CM_EVENT_LISTEN_ID).address(),
                    kind,
                    Structs.i32(event, Structs.CM_EVENT_STATUS),
                    connection
                            ? decode(event.asSlice(Structs.CM_EVENT_CONN, Structs.CONN_PARAM))
                            : new ConnectionParameters(0, 0));
            Native.errno(s -> (int) ACK_CM_EVENT.invokeExact(s, event));
            return copy;
        }
    }

    /** Seen from this side, as the manual page of rdma_get_cm_event has it: responder resources are what this side answers. */
    private static ConnectionParameters decode(MemorySegment struct) {
        int length = Structs.u8(struct, Structs.CONN_PARAM_PRIVATE_DATA_LEN);
        MemorySegment data = Structs.pointer(struct, Structs.CONN_PARAM_PRIVATE_DATA);
        byte[] bytes = length == 0 || data.address() == 0
                ? new byte[0]
                : Native.sized(data, length).toArray(JAVA_BYTE);
        return new ConnectionParameters(
                Structs.u8(struct, Structs.CONN_PARAM_RESPONDER_RESOURCES),
                Structs.u8(struct, Structs.CONN_PARAM_INITIATOR_DEPTH),
                bytes);
    }

    private static MemorySegment encode(ConnectionParameters parameters, Arena arena) {
        byte[] data = parameters.privateData();
        MemorySegment struct = arena.allocate(Structs.CONN_PARAM, 8);
        if (data.length > 0) {
            Structs.pointer(struct, Structs.CONN_PARAM_PRIVATE_DATA, arena.allocateFrom(JAVA_BYTE, data));
        }
        Structs.u8(struct, Structs.CONN_PARAM_PRIVATE_DATA_LEN, data.length);
        Structs.u8(struct, Structs.CONN_PARAM_RESPONDER_RESOURCES, Math.min(255, parameters.inboundReads()));
        Structs.u8(struct, Structs.CONN_PARAM_INITIATOR_DEPTH, Math.min(255, parameters.outboundReads()));
        Structs.u8(struct, Structs.CONN_PARAM_FLOW_CONTROL, 1);
        // As often as the field holds. Of a peer without a receive nobody waits: credits have to be counted right.
        Structs.u8(struct, Structs.CONN_PARAM_RETRY_COUNT, 7);
        Structs.u8(struct, Structs.CONN_PARAM_RNR_RETRY_COUNT, 0);
        return struct;
    }

    private static MemorySegment encode(InetSocketAddress address, Arena arena) {
        MemorySegment socket = arena.allocate(SOCKADDR, 8);
        byte[] ip = address.getAddress().getAddress();
        boolean v4 = ip.length == 4;
        socket.set(JAVA_SHORT, 0, (short) (v4 ? AF_INET : AF_INET6));
        socket.set(Native.BE16, 2, (short) address.getPort());
        MemorySegment.copy(ip, 0, socket, JAVA_BYTE, v4 ? 4 : 8, ip.length);
        if (!v4 && address.getAddress() instanceof java.net.Inet6Address six) {
            socket.set(JAVA_INT, 24, six.getScopeId());
        }
        return socket;
    }

    /** The other end of a connection. */
    static InetSocketAddress peer(MemorySegment id) {
        MemorySegment socket = id.asSlice(Structs.CM_ID_DST_ADDR, SOCKADDR);
        boolean v4 = socket.get(JAVA_SHORT, 0) == AF_INET;
        byte[] ip = socket.asSlice(v4 ? 4 : 8, v4 ? 4 : 16).toArray(JAVA_BYTE);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(ip), Short.toUnsignedInt(socket.get(Native.BE16, 2)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
