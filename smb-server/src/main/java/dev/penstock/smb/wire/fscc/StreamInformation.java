package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import java.util.List;

/** FileStreamInformation: the streams of a file. [MS-FSCC] 2.4.49. */
public final class StreamInformation {
    private static final int FIXED = 24;

    private StreamInformation() {}

    /**
     * One stream.
     *
     * @param name with both colons and the type, as in {@code :name:$DATA}
     * @param size bytes
     * @param allocation bytes set aside
     */
    public record Entry(String name, long size, long allocation) {}

    /** What fits, and whether that is all. */
    public record Encoded(Blob bytes, boolean whole) {}

    /** Entries one behind the other, each aligned to 8 bytes, as many as fit into {@code room} bytes. */
    public static Encoded encode(List<Entry> streams, int room) {
        var out = new WireWriter(128);
        int previous = -1;
        for (Entry stream : streams) {
            int start = (out.position() + 7) & -8;
            if (start + FIXED + 2 * stream.name.length() > room) {
                return new Encoded(out.toBlob(), false);
            }
            out.align(0, 8);
            if (previous >= 0) {
                out.patch32(previous, start - previous);
            }
            previous = start;
            out.i32(0).i32(2 * stream.name.length()).i64(stream.size).i64(stream.allocation);
            out.utf16(stream.name);
        }
        return new Encoded(out.toBlob(), true);
    }
}
