package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.WireWriter;

/** QFid: the file's identity on its volume. [MS-SMB2] 2.2.13.2.9 and 2.2.14.2.9. The request carries no data. */
public final class OnDiskIdContext {
    /** Name of the context. */
    public static final String NAME = "QFid";

    private OnDiskIdContext() {}

    /** The answer. */
    public record Response(long diskFileId, long volumeId) {
        /** As a context of a CREATE response. */
        public CreateContext toContext() {
            return new CreateContext(
                    NAME,
                    new WireWriter(32).i64(diskFileId).i64(volumeId).zeros(16).toBlob());
        }
    }
}
