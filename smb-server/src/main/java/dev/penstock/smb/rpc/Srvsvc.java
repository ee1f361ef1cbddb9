package dev.penstock.smb.rpc;

import dev.penstock.smb.command.Share;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.util.ArrayList;
import java.util.List;

/** The list of shares, and what the server says of itself. [MS-SRVS] 3.1.4. Immutable. */
final class Srvsvc implements RpcConversation.Interface {
    private static final Guid ID = Guid.of("4b324fc8-1670-01d3-1278-5a47bf6ee188");

    private static final int NETR_SHARE_ENUM = 15;
    private static final int NETR_SHARE_GET_INFO = 16;
    private static final int NETR_SERVER_GET_INFO = 21;
    private static final int NETR_SHARE_ENUM_STICKY = 36;

    private static final int ERROR_INVALID_LEVEL = 124;
    private static final int NERR_NET_NAME_NOT_FOUND = 2310;

    private static final int STYPE_DISKTREE = 0;
    private static final int STYPE_IPC_SPECIAL = 0x80000003;
    private static final int PLATFORM_ID_NT = 500;
    private static final int SV_TYPE_SERVER_NT = 0x9003;

    private final String serverName;
    private final List<Row> rows;

    private record Row(String name, int type, String remark) {}

    Srvsvc(String serverName, List<Share> shares) {
        this.serverName = serverName;
        var all = new ArrayList<Row>();
        for (Share share : shares) {
            all.add(new Row(share.name(), STYPE_DISKTREE, share.comment()));
        }
        all.add(new Row("IPC$", STYPE_IPC_SPECIAL, "IPC Service"));
        this.rows = List.copyOf(all);
    }

    @Override
    public Guid id() {
        return ID;
    }

    @Override
    public int version() {
        return 3;
    }

    @Override
    public String address() {
        return "srvsvc";
    }

    @Override
    public Blob call(int operation, WireReader stub) throws MalformedMessage {
        var in = new Ndr(stub);
        return switch (operation) {
            case NETR_SHARE_ENUM, NETR_SHARE_ENUM_STICKY -> shareEnum(in);
            case NETR_SHARE_GET_INFO -> shareGetInfo(in);
            case NETR_SERVER_GET_INFO -> serverGetInfo(in);
            default -> Blob.EMPTY;
        };
    }

    private Blob shareEnum(Ndr in) throws MalformedMessage {
        in.uniqueString();
        int level = in.u32();
        var out = new WireWriter();
        out.i32(level).i32(level);
        if (level != 0 && level != 1) {
            return out.i32(0).i32(0).i32(0).i32(ERROR_INVALID_LEVEL).toBlob();
        }
        var references = new References();
        out.i32(references.next()).i32(rows.size()).i32(references.next()).i32(rows.size());
        for (Row row : rows) {
            out.i32(references.next());
            if (level == 1) {
                out.i32(row.type).i32(references.next());
            }
        }
        for (Row row : rows) {
            Ndr.string(out, row.name);
            if (level == 1) {
                Ndr.string(out, row.remark);
            }
        }
        return out.i32(rows.size()).i32(0).i32(0).toBlob(); // TotalEntries, no ResumeHandle, success
    }

    private Blob shareGetInfo(Ndr in) throws MalformedMessage {
        in.uniqueString();
        String name = in.string();
        int level = in.u32();
        var out = new WireWriter();
        out.i32(level);
        if (level != 0 && level != 1) {
            return out.i32(0).i32(ERROR_INVALID_LEVEL).toBlob();
        }
        for (Row row : rows) {
            if (row.name.equalsIgnoreCase(name)) {
                var references = new References();
                out.i32(references.next()).i32(references.next());
                if (level == 1) {
                    out.i32(row.type).i32(references.next());
                }
                Ndr.string(out, row.name);
                if (level == 1) {
                    Ndr.string(out, row.remark);
                }
                return out.i32(0).toBlob();
            }
        }
        return out.i32(0).i32(NERR_NET_NAME_NOT_FOUND).toBlob();
    }

    private Blob serverGetInfo(Ndr in) throws MalformedMessage {
        in.uniqueString();
        int level = in.u32();
        var out = new WireWriter();
        out.i32(level);
        if (level != 100 && level != 101) {
            return out.i32(0).i32(ERROR_INVALID_LEVEL).toBlob();
        }
        var references = new References();
        out.i32(references.next()).i32(PLATFORM_ID_NT).i32(references.next());
        if (level == 101) {
            out.i32(10).i32(0).i32(SV_TYPE_SERVER_NT).i32(references.next());
        }
        Ndr.string(out, serverName);
        if (level == 101) {
            Ndr.string(out, "");
        }
        return out.i32(0).toBlob();
    }

    /** Referents of pointers: any numbers that differ. */
    private static final class References {
        private int last = 0x0002_0000;

        int next() {
            last += 4;
            return last;
        }
    }
}
