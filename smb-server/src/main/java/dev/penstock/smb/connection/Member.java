package dev.penstock.smb.connection;

import dev.penstock.smb.handler.Exchange.Data;
import dev.penstock.smb.handler.Exchange.Signature;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A member of a compound, or a message by itself, decoded while its bytes were there.
 *
 * @param command null where the code is none that is defined
 * @param request null where the body could not be decoded
 * @param sessionId its own, or that of the member before it if they are related
 */
record Member(
        Header header,
        @Nullable Command command,
        @Nullable Smb2Request request,
        long sessionId,
        Signature signature,
        @Nullable Data data,
        ByteBuffer raw) {
    boolean related() {
        return header.has(Header.RELATED);
    }

    void release() {
        if (data != null) {
            data.lease().release();
        }
    }
}
