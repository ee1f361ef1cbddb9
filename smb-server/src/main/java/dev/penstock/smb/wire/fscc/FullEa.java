package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** FILE_FULL_EA_INFORMATION and FILE_GET_EA_INFORMATION: extended attributes. [MS-FSCC] 2.4.15 and 2.4.15.1. */
public final class FullEa {
    /** Flags: whoever does not understand the attribute must not open the file. */
    public static final int NEED_EA = 0x80;

    /** Bytes of all attributes of a file at most, as on NTFS: their size is told in 16 bits. */
    public static final int MOST_BYTES = 0xFFFF;

    private static final int FIXED = 8;
    private static final int GET_FIXED = 5;

    /** More entries than fit into the most bytes: each takes 12 at least. */
    private static final int MOST_ENTRIES = MOST_BYTES / 12;

    private FullEa() {}

    /**
     * One attribute.
     *
     * @param name one byte a character, without the zero at its end
     * @param value empty in a request to remove it
     */
    public record Entry(int flags, String name, Blob value) {
        /** Whether clients may set an attribute of this name. [MS-FSCC] 2.4.15. */
        public boolean hasValidName() {
            return !name.isEmpty()
                    && name.chars().allMatch(c -> c > 0x20 && c < 0x7F && "\"*+,/:;<=>?[\\]|".indexOf(c) < 0);
        }

        private int size() {
            return FIXED + name.length() + 1 + value.length();
        }
    }

    /** Reads a list of attributes. */
    public static List<Entry> decode(Blob list) throws MalformedMessage {
        WireReader in = list.reader();
        WireReader.require(in.size() <= 2 * MOST_BYTES, "too many extended attributes");
        var entries = new ArrayList<Entry>();
        int at = 0;
        while (at < in.size()) {
            int nameLength = in.u8(at + 5);
            int valueLength = in.u16(at + 6);
            String name = in.latin1(in.span(at + FIXED, nameLength));
            WireReader.require(in.u8(at + FIXED + nameLength) == 0, "an attribute's name without an end");
            Blob value = in.blob(in.span((long) at + FIXED + nameLength + 1, valueLength));
            entries.add(new Entry(in.u8(at + 4), name, value));
            int next = next(in, at, entries.size());
            if (next == 0) {
                break;
            }
            at = next;
        }
        return entries;
    }

    /** Reads a list of names. */
    public static List<String> decodeNames(Blob list) throws MalformedMessage {
        WireReader in = list.reader();
        var names = new ArrayList<String>();
        int at = 0;
        while (at < in.size()) {
            names.add(in.latin1(in.span(at + GET_FIXED, in.u8(at + 4))));
            int next = next(in, at, names.size());
            if (next == 0) {
                break;
            }
            at = next;
        }
        return names;
    }

    private static int next(WireReader in, int at, int read) throws MalformedMessage {
        long step = in.u32(at);
        if (step == 0) {
            return 0;
        }
        WireReader.require((step & 3) == 0 && step < in.size() - at && read < MOST_ENTRIES, "NextEntryOffset");
        return at + (int) step;
    }

    /** How many of the entries, from the first on, fit into {@code room} bytes. */
    public static int fitting(List<Entry> entries, long room) {
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes = (bytes + 3 & -4) + entries.get(i).size();
            if (bytes > room) {
                return i;
            }
        }
        return entries.size();
    }

    /** Bytes that {@link #encode} makes of the entries; what EaSize reports. */
    public static int size(List<Entry> entries) {
        int bytes = 0;
        for (Entry entry : entries) {
            bytes = (bytes + 3 & -4) + entry.size();
        }
        return bytes;
    }

    /** Writes a list of attributes, each aligned to 4 bytes. */
    public static Blob encode(List<Entry> entries) {
        var out = new WireWriter(128);
        int previous = -1;
        for (Entry entry : entries) {
            out.align(0, 4);
            int start = out.position();
            if (previous >= 0) {
                out.patch32(previous, start - previous);
            }
            previous = start;
            out.i32(0).u8(entry.flags).u8(entry.name.length()).u16(entry.value.length());
            out.latin1(entry.name).u8(0).blob(entry.value);
        }
        return out.toBlob();
    }
}
