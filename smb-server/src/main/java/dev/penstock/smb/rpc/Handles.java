package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The context handles of one interface in one open of a pipe. C706 14.2.16.6: 4 bytes of attributes and a UUID. */
final class Handles {
    /** No handle. */
    static final Blob NONE = Blob.of(new byte[20]);

    /** Of one open; clients have one or two. */
    private static final int MOST = 64;

    private final Set<Blob> open = new LinkedHashSet<>();

    /** A new one; nothing where there are too many. */
    private @Nullable Blob open() {
        if (open.size() == MOST) {
            return null;
        }
        Blob handle = new WireWriter(20).i32(0).guid(Guid.of(UUID.randomUUID())).toBlob();
        open.add(handle);
        return handle;
    }

    /** What answers a call that opens: a new handle and success, or none and {@code whenFull}. */
    Blob opened(int whenFull) {
        Blob handle = open();
        return new NdrWriter()
                .handle(handle == null ? NONE : handle)
                .u32(handle == null ? whenFull : 0)
                .toBlob();
    }

    /** What answers a call that closes the handle it begins with. */
    Blob closed(NdrReader in) throws MalformedMessage, RpcService.UnknownHandle {
        close(in.handle());
        return new NdrWriter().handle(NONE).u32(0).toBlob();
    }

    void check(Blob handle) throws RpcService.UnknownHandle {
        if (!open.contains(handle)) {
            throw new RpcService.UnknownHandle();
        }
    }

    private void close(Blob handle) throws RpcService.UnknownHandle {
        check(handle);
        open.remove(handle);
    }
}
