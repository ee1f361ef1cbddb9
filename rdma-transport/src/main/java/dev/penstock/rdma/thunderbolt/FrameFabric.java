package dev.penstock.rdma.thunderbolt;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where ports come from: a verbs library with unreliable connected queue pairs, or a simulation. Thread-safe. */
public interface FrameFabric extends AutoCloseable {
    /** For people. */
    String name();

    /**
     * A port for a connection between two addresses, which say what cable it goes by.
     *
     * @throws IOException where there is no way between them, or the device has no queue pair left
     */
    FramePort port(InetSocketAddress local, InetSocketAddress remote) throws IOException;

    /**
     * A port beside the first one of a connection, for what goes past the frames; null where the device has none left, or none that could do it.
     *
     * @throws IOException as {@link #port}
     */
    default @Nullable BulkPort bulkPort(InetSocketAddress local, InetSocketAddress remote) throws IOException {
        return null;
    }

    /** Memory was registered with a device of this fabric's, and may be pinned from now on. */
    default void registered(MemorySegment memory) {}

    /** It is not any more, and is not to be touched again. */
    default void unregistered(MemorySegment memory) {}

    /** No more ports. */
    @Override
    void close();
}
