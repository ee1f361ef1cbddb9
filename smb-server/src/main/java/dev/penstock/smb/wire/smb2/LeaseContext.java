package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;

/**
 * SMB2_CREATE_REQUEST_LEASE and _V2, whose responses look alike. [MS-SMB2] 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11.
 *
 * @param version 1 or 2, which the length tells
 * @param flags {@link #BREAK_IN_PROGRESS} in a response, {@link #PARENT_KEY_SET} in version 2
 * @param parentKey of the lease on the folder that the file is in; version 2 only
 * @param epoch version 2 only
 */
public record LeaseContext(int version, Guid key, int state, int flags, Guid parentKey, int epoch) {
    /** Name of the context. */
    public static final String NAME = "RqLs";

    /** The lease is being broken. */
    public static final int BREAK_IN_PROGRESS = 0x2;

    /** ParentLeaseKey counts. */
    public static final int PARENT_KEY_SET = 0x4;

    private static final Guid NO_KEY = new Guid(0, 0);
    private static final int SIZE_1 = 32;
    private static final int SIZE_2 = 52;

    /** Reads the context's data. */
    public static LeaseContext decode(Blob data) throws MalformedMessage {
        WireReader in = data.reader();
        WireReader.require(in.size() == SIZE_1 || in.size() == SIZE_2, "length of a lease context");
        int state = in.i32(16) & LeaseState.ALL;
        if (in.size() == SIZE_1) {
            return new LeaseContext(1, in.guid(0), state, 0, NO_KEY, 0);
        }
        int flags = in.i32(20) & PARENT_KEY_SET;
        return new LeaseContext(2, in.guid(0), state, flags, flags == 0 ? NO_KEY : in.guid(32), in.u16(48));
    }

    /** True where the client told which lease it has on the folder. */
    public boolean hasParent() {
        return (flags & PARENT_KEY_SET) != 0;
    }

    /** As a context. */
    public CreateContext toContext() {
        var out = new WireWriter(SIZE_2).guid(key).i32(state).i32(flags).i64(0);
        if (version == 2) {
            out.guid(parentKey).u16(epoch).u16(0);
        }
        return new CreateContext(NAME, out.toBlob());
    }
}
