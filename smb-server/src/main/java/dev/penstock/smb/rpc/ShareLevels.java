package dev.penstock.smb.rpc;

import dev.penstock.smb.command.Share;
import dev.penstock.smb.wire.Blob;
import java.util.ArrayList;
import java.util.List;

/** The shares at the levels of detail that srvsvc has for them. [MS-SRVS] 2.2.4.22 to 2.2.4.28. Immutable. */
final class ShareLevels {
    private static final int STYPE_DISKTREE = 0;
    private static final int STYPE_IPC_SPECIAL = 0x80000003;
    private static final int SHI_USES_UNLIMITED = -1;

    private final List<Row> rows;

    /**
     * A share as it is told.
     *
     * @param path what a client may call the place, which is not where it is
     */
    private record Row(String name, int type, String remark, String path) {}

    ShareLevels(List<Share> shares) {
        var all = new ArrayList<Row>();
        for (Share share : shares) {
            all.add(new Row(share.name(), STYPE_DISKTREE, share.comment(), "C:\\" + share.name()));
        }
        all.add(new Row("IPC$", STYPE_IPC_SPECIAL, "IPC Service", ""));
        this.rows = List.copyOf(all);
    }

    /** NetrShareEnum, 3.1.4.8. */
    Blob enumerate(int level) {
        var out = new NdrWriter().u32(level).u32(level);
        if (level != 0 && level != 1 && level != 2 && level != 501 && level != 502) {
            return out.none().u32(0).none().u32(Win32.ERROR_INVALID_LEVEL).toBlob();
        }
        out.pointer().u32(rows.size()).pointer().u32(rows.size());
        rows.forEach(row -> fixed(out, row, level));
        rows.forEach(row -> texts(out, row, level));
        return out.u32(rows.size()).none().u32(Win32.SUCCESS).toBlob();
    }

    /** NetrShareGetInfo, 3.1.4.10. */
    Blob get(String name, int level) {
        var out = new NdrWriter().u32(level);
        switch (level) {
            case 0, 1, 2, 501, 502, 1004, 1005, 1006, 1007, 1501 -> {}
            default -> {
                return out.none().u32(Win32.ERROR_INVALID_LEVEL).toBlob();
            }
        }
        for (Row row : rows) {
            if (row.name.equalsIgnoreCase(name)) {
                out.pointer();
                fixed(out, row, level);
                texts(out, row, level);
                return out.u32(Win32.SUCCESS).toBlob();
            }
        }
        return out.none().u32(Win32.NERR_NET_NAME_NOT_FOUND).toBlob();
    }

    /** NetrShareCheck, 3.1.4.13: what kind of share is at a path. */
    Blob check(String path) {
        for (Row row : rows) {
            if (row.path.equalsIgnoreCase(path)) {
                return new NdrWriter().u32(row.type).u32(Win32.SUCCESS).toBlob();
            }
        }
        return new NdrWriter().u32(0).u32(Win32.NERR_DEVICE_NOT_SHARED).toBlob();
    }

    private static void fixed(NdrWriter out, Row row, int level) {
        switch (level) {
            case 1004 -> out.pointer();
            case 1005 -> out.u32(0); // shi1005_flags
            case 1006 -> out.u32(SHI_USES_UNLIMITED);
            case 1007 -> out.u32(0).pointer();
            case 1501 -> out.u32(0).none(); // no security descriptor of the share's own
            default -> {
                out.pointer();
                if (level > 0) {
                    out.u32(row.type).pointer();
                }
                if (level == 501) {
                    out.u32(0); // shi501_flags
                }
                if (level == 2 || level == 502) { // permissions, max_uses, current_uses, path, passwd
                    out.u32(0).u32(SHI_USES_UNLIMITED).u32(0).pointer().none();
                }
                if (level == 502) {
                    out.u32(0).none();
                }
            }
        }
    }

    private static void texts(NdrWriter out, Row row, int level) {
        switch (level) {
            case 1004 -> out.string(row.remark);
            case 1005, 1006, 1501 -> {}
            case 1007 -> out.string("");
            default -> {
                out.string(row.name);
                if (level > 0) {
                    out.string(row.remark);
                }
                if (level == 2 || level == 502) {
                    out.string(row.path);
                }
            }
        }
    }
}
