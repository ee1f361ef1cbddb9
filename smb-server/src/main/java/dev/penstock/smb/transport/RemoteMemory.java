package dev.penstock.smb.transport;

import dev.penstock.smb.command.Payload;
import dev.penstock.smb.wire.Blob;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** RDMA to and from the memory that a request describes. On the link's loop. */
public interface RemoteMemory {
    /** Bytes that the descriptors span together; -1 where they are not valid. */
    long capacity(Blob descriptors);

    /** Most bytes of one transfer. */
    int maxTransfer();

    /** Writes a payload to the peer's memory; {@code done} is told on the loop. The payload stays the caller's. */
    void write(Blob descriptors, Payload payload, Consumer<Boolean> done);

    /** Reads the peer's memory into a slab's buffer, which is filled; {@code done} is told on the loop. */
    void read(Blob descriptors, ByteBuffer into, Consumer<Boolean> done);

    /** Lets the next message that is sent invalidate the first descriptor's token. */
    void invalidateWithNext(Blob descriptors);
}
