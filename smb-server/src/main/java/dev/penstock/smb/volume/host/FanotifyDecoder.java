package dev.penstock.smb.volume.host;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events of fanotify(7) with the names of what they are about: struct fanotify_event_metadata, and behind it one or two struct
 * fanotify_event_info_fid that each have a folder's handle and a name. Names that are not UTF-8 are passed over: no client sees them.
 */
final class FanotifyDecoder {
    static final long MODIFY = 0x2;
    static final long ATTRIB = 0x4;
    static final long CLOSE_WRITE = 0x8;
    static final long MOVED_FROM = 0x40;
    static final long MOVED_TO = 0x80;
    static final long CREATE = 0x100;
    static final long DELETE = 0x200;
    static final long OVERFLOW = 0x4000;
    static final long RENAME = 0x10000000;
    static final long ON_CHILD = 0x08000000;
    static final long ON_FOLDER = 0x40000000;

    private static final int METADATA_BYTES = 24;
    private static final int INFO_BYTES = 4;
    private static final int FSID_BYTES = 8;

    private static final int DFID_NAME = 2;
    private static final int OLD_DFID_NAME = 10;
    private static final int NEW_DFID_NAME = 12;

    private FanotifyDecoder() {}

    /**
     * Reads all events there are.
     *
     * @param own this process's id
     */
    static void decode(ByteBuffer in, int own, List<HostEvent> out) {
        int at = in.position();
        while (at + METADATA_BYTES <= in.limit()) {
            // event_len, vers, reserved, metadata_len, mask, fd, pid
            int length = in.getInt(at);
            int fixed = Short.toUnsignedInt(in.getShort(at + 6));
            if (length < METADATA_BYTES || fixed < METADATA_BYTES || length > in.limit() - at) {
                return;
            }
            HostEvent event = event(in, at + fixed, at + length, in.getLong(at + 8), in.getInt(at + 20) == own);
            if (event != null) {
                out.add(event);
            }
            at += length;
        }
    }

    private static @Nullable HostEvent event(ByteBuffer in, int from, int to, long mask, boolean own) {
        if ((mask & OVERFLOW) != 0) {
            return new HostEvent.Lost();
        }
        HostEvent.Place old = null;
        HostEvent.Place now = null;
        for (int at = from; at + INFO_BYTES <= to; ) {
            int length = Short.toUnsignedInt(in.getShort(at + 2));
            if (length < INFO_BYTES || length > to - at) {
                break;
            }
            switch (in.get(at)) {
                case OLD_DFID_NAME -> old = place(in, at, at + length);
                case NEW_DFID_NAME, DFID_NAME -> now = place(in, at, at + length);
                default -> {
                    // of a kind that was not asked for
                }
            }
            at += length;
        }
        boolean folder = (mask & ON_FOLDER) != 0;
        if ((mask & RENAME) != 0) {
            return old == null && now == null ? null : new HostEvent.Renamed(old, now, folder, own);
        }
        return now == null ? null : new HostEvent.Happened(now, what(mask), folder, own);
    }

    private static int what(long mask) {
        return ((mask & (CREATE | MOVED_TO)) != 0 ? HostEvent.CREATED : 0)
                | ((mask & (DELETE | MOVED_FROM)) != 0 ? HostEvent.REMOVED : 0)
                | ((mask & MODIFY) != 0 ? HostEvent.WRITTEN : 0)
                | ((mask & CLOSE_WRITE) != 0 ? HostEvent.CLOSED : 0)
                | ((mask & ATTRIB) != 0 ? HostEvent.ATTRIBUTES : 0);
    }

    /** Null for the folder itself, and for a name that no client sees. */
    private static HostEvent.@Nullable Place place(ByteBuffer in, int start, int end) {
        // fsid, then struct file_handle: handle_bytes, handle_type, f_handle; then the name with a zero behind it
        int handle = start + INFO_BYTES + FSID_BYTES;
        if (handle + 8 > end) {
            return null;
        }
        int bytes = in.getInt(handle);
        if (bytes < 0 || bytes > end - handle - 8) {
            return null;
        }
        var id = new byte[4 + bytes];
        in.get(handle + 4, id);
        int name = handle + 8 + bytes;
        int stop = name;
        while (stop < end && in.get(stop) != 0) {
            stop++;
        }
        var text = new byte[stop - name];
        in.get(name, text);
        String decoded = decoded(text);
        return decoded == null || decoded.isEmpty() || decoded.equals(".")
                ? null
                : new HostEvent.Place(FolderId.of(id), decoded);
    }

    private static @Nullable String decoded(byte[] utf8) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }
}
