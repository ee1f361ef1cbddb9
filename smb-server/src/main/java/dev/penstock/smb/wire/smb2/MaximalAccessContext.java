package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;

/** MxAc: what the opener may do with the file at most. [MS-SMB2] 2.2.13.2.5 and 2.2.14.2.5. */
public final class MaximalAccessContext {
    /** Name of the context. */
    public static final String NAME = "MxAc";

    private MaximalAccessContext() {}

    /**
     * The request.
     *
     * @param timestamp last change that the client knows of, as FILETIME; 0 where it sent none
     */
    public record Request(long timestamp) {
        /** Reads the context's data. */
        public static Request decode(Blob data) throws MalformedMessage {
            return new Request(data.isEmpty() ? 0 : data.reader().i64(0));
        }
    }

    /** The answer. */
    public record Response(NtStatus queryStatus, int maximalAccess) {
        /** As a context of a CREATE response. */
        public CreateContext toContext() {
            return new CreateContext(
                    NAME,
                    new WireWriter(8)
                            .i32(queryStatus.value())
                            .i32(maximalAccess)
                            .toBlob());
        }
    }
}
