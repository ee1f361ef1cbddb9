package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.Guid;
import org.jspecify.annotations.Nullable;

/** SMB2_CREATE_APP_INSTANCE_ID: which application of a cluster opens a file, on whichever of its machines. [MS-SMB2] 2.2.13.2.13. */
public final class AppInstanceId {
    /** 45BCA66A-EFA7-F74A-9008-FA462E144D74, in the order of the wire: the one GUID that is not mixed-endian. */
    public static final String NAME = "E\u00bc\u00a6j\u00ef\u00a7\u00f7J\u0090\b\u00faF.\u0014Mt";

    private static final int SIZE = 20;

    private AppInstanceId() {}

    /** The one that a request has, or null: where it has none, and where it is malformed, which {@link #check} finds. */
    public static @Nullable Guid of(Create.Request request) {
        try {
            return check(request);
        } catch (MalformedMessage _) {
            return null;
        }
    }

    /** The one that a request has, or null where it has none. */
    public static @Nullable Guid check(Create.Request request) throws MalformedMessage {
        Blob data = request.context(NAME);
        if (data == null) {
            return null;
        }
        WireReader in = data.reader();
        WireReader.require(in.size() == SIZE && in.u16(0) == SIZE, "length of an application's instance");
        return in.guid(4);
    }
}
