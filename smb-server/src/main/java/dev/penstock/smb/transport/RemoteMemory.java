package dev.penstock.smb.transport;

import dev.penstock.smb.command.Payload;
import dev.penstock.smb.wire.Blob;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** RDMA to and from the memory that a request describes: an array of buffer descriptors, [MS-SMBD] 2.2.3.1. On the link's loop. */
public interface RemoteMemory {
    /** Bytes that the descriptors span together; -1 where they are not valid. */
    long capacity(Blob descriptors);

    /** Most bytes of one transfer. */
    int maxTransfer();

    /**
     * Writes a payload to the peer's memory, and takes it over. What is sent afterwards arrives after it; if it cannot be placed, the link
     * ends.
     */
    void write(Blob descriptors, Payload payload);

    /** Fills a slab's buffer from the peer's memory; {@code done} is told on the loop whether that went well. */
    void read(Blob descriptors, ByteBuffer into, Consumer<Boolean> done);

    /** Makes the next message that is sent invalidate the first descriptor's token. */
    void invalidateWithNext(Blob descriptors);
}
