package dev.penstock.smb.command;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Header;
import java.util.concurrent.Executor;

/**
 * What a request's handler may know and use beside the request. A value: any thread.
 *
 * @param slabs where payload memory comes from; an empty pool means {@code STATUS_INSUFFICIENT_RESOURCES}
 * @param io the pool of threads that may block, for what goes on after the handler has returned
 * @param notes what shares remember of the session
 * @param fileRangeWelcome for READ: true where the reply can be sent out of the file by the kernel ({@link Payload.FileRange}); false
 *     where it is signed, encrypted or goes by RDMA, and is better read into a slab
 * @param arrivalNanos {@link System#nanoTime} when the message was complete
 * @param holder for CREATE: the client as the holder of the handle that comes of it; nobody for all other requests
 * @param alarms what is to be done later
 */
public record RequestContext(
        Header header,
        Client client,
        User user,
        long sessionId,
        int treeId,
        Share share,
        SlabPool slabs,
        Executor io,
        SessionNotes notes,
        boolean fileRangeWelcome,
        long arrivalNanos,
        Holder holder,
        Alarms alarms) {
    /** The same for a CREATE, with the holder of its handle. */
    public RequestContext withHolder(Holder other) {
        return new RequestContext(
                header,
                client,
                user,
                sessionId,
                treeId,
                share,
                slabs,
                io,
                notes,
                fileRangeWelcome,
                arrivalNanos,
                other,
                alarms);
    }

    /**
     * What was negotiated with the connection's other end.
     *
     * @param address for logs and limits
     * @param dialect such as {@link dev.penstock.smb.wire.smb2.Negotiate#SMB_311}
     * @param maxTransact most bytes of QUERY_DIRECTORY, QUERY_INFO, SET_INFO and IOCTL; reads and writes have limits of their own
     */
    public record Client(String address, Guid guid, int dialect, int maxTransact, int maxRead, int maxWrite) {}
}
