package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.WireWriter;
import java.util.List;

/**
 * FILE_NOTIFY_INFORMATION. [MS-FSCC] 2.7.1.
 *
 * @param action one of the constants here
 * @param name of what changed, from the watched directory
 */
public record ChangeRecord(int action, String name) {
    /** Action: something new. */
    public static final int ADDED = 1;

    /** Action: something went. */
    public static final int REMOVED = 2;

    /** Action: data or metadata changed. */
    public static final int MODIFIED = 3;

    /** Action: the name that was, followed by the one that is. */
    public static final int RENAMED_OLD_NAME = 4;

    /** Action: the name that is. */
    public static final int RENAMED_NEW_NAME = 5;

    /** CompletionFilter of CHANGE_NOTIFY, [MS-SMB2] 2.2.35: names of files. */
    public static final int FILE_NAME = 0x1;

    /** CompletionFilter: names of directories. */
    public static final int DIR_NAME = 0x2;

    /** CompletionFilter: attributes. */
    public static final int ATTRIBUTES = 0x4;

    /** CompletionFilter: the end of a file. */
    public static final int SIZE = 0x8;

    /** CompletionFilter: the time of the last write. */
    public static final int LAST_WRITE = 0x10;

    /** CompletionFilter: the time of the last access. */
    public static final int LAST_ACCESS = 0x20;

    /** CompletionFilter: the time of creation. */
    public static final int CREATION = 0x40;

    /** CompletionFilter: extended attributes. */
    public static final int EA = 0x80;

    /** CompletionFilter: owner and rights. */
    public static final int SECURITY = 0x100;

    /** CompletionFilter: names of streams. */
    public static final int STREAM_NAME = 0x200;

    /** CompletionFilter: the size of a stream. */
    public static final int STREAM_SIZE = 0x400;

    /** CompletionFilter: the data of a stream. */
    public static final int STREAM_WRITE = 0x800;

    private static final int FIXED = 12;

    /** Bytes that it takes in a list, with the padding before the next. */
    public int room() {
        return FIXED + (2 * name.length() + 3 & -4);
    }

    /** Writes a list; the last record is not padded. */
    public static void encodeList(List<ChangeRecord> records, WireWriter out) {
        for (int i = 0; i < records.size(); i++) {
            ChangeRecord record = records.get(i);
            boolean last = i == records.size() - 1;
            int start = out.position();
            out.i32(last ? 0 : record.room())
                    .i32(record.action)
                    .i32(2 * record.name.length())
                    .utf16(record.name);
            if (!last) {
                out.align(start, 4);
            }
        }
    }
}
