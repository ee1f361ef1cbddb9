package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import org.jspecify.annotations.Nullable;

/**
 * The four contexts that ask for a handle which outlives its connection, or for such a handle back. [MS-SMB2] 2.2.13.2.3, 2.2.13.2.4,
 * 2.2.13.2.11, 2.2.13.2.12. A CREATE has one of them.
 */
public sealed interface DurableContext {
    /** Name of the first version's request. */
    String REQUEST = "DHnQ";

    /** Name of the first version's reconnect. */
    String RECONNECT = "DHnC";

    /** Name of the second version's request. */
    String REQUEST_V2 = "DH2Q";

    /** Name of the second version's reconnect. */
    String RECONNECT_V2 = "DH2C";

    /** The first version: how long it lasts is the server's affair. */
    record Request() implements DurableContext {
        /** As the context of the response. */
        public CreateContext toResponse() {
            return new CreateContext(REQUEST, new WireWriter(8).i64(0).toBlob());
        }
    }

    /**
     * The second version.
     *
     * @param timeout in milliseconds; 0 leaves it to the server
     */
    record RequestV2(long timeout, int flags, Guid createGuid) implements DurableContext {
        /** As the context of the response. */
        public CreateContext toResponse(long granted) {
            return new CreateContext(
                    REQUEST_V2, new WireWriter(8).i32((int) granted).i32(0).toBlob());
        }
    }

    /**
     * A handle back.
     *
     * @param createGuid null in the first version
     */
    record Reconnect(FileId file, @Nullable Guid createGuid) implements DurableContext {}

    /**
     * The one that a request has, or null.
     *
     * @throws MalformedMessage where it is malformed, or there are several that exclude each other: 3.3.5.9.7, 3.3.5.9.10, 3.3.5.9.12
     */
    static @Nullable DurableContext of(Create.Request request) throws MalformedMessage {
        Blob first = request.context(REQUEST);
        Blob back = request.context(RECONNECT);
        Blob second = request.context(REQUEST_V2);
        Blob backV2 = request.context(RECONNECT_V2);
        if (second != null) {
            WireReader.require(first == null && back == null && backV2 == null, "contexts of durable handles");
            WireReader in = second.reader();
            WireReader.require(in.size() == 32, "length of a durable handle's context");
            return new RequestV2(in.u32(0), in.i32(4), in.guid(16));
        }
        if (backV2 != null) {
            WireReader.require(first == null && back == null, "contexts of durable handles");
            WireReader in = backV2.reader();
            WireReader.require(in.size() == 36, "length of a durable handle's context");
            return new Reconnect(FileId.decode(in, 0), in.guid(16));
        }
        if (back != null) {
            WireReader in = back.reader();
            WireReader.require(in.size() == 16, "length of a durable handle's context");
            return new Reconnect(FileId.decode(in, 0), null);
        }
        if (first != null) {
            WireReader.require(first.length() == 16, "length of a durable handle's context");
            return new Request();
        }
        return null;
    }
}
