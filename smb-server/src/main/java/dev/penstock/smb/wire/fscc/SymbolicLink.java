package dev.penstock.smb.wire.fscc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/**
 * A symbolic link as a reparse point. [MS-FSCC] 2.1.2.4, and inside of the error that tells of one on the way, [MS-SMB2] 2.2.2.2.1.
 *
 * @param target the substitute name: where the link leads, with backslashes
 * @param shown the print name, for people
 * @param relative whether it leads on from the folder that it is in
 */
public record SymbolicLink(String target, String shown, boolean relative) {
    /** IO_REPARSE_TAG_SYMLINK. */
    public static final int TAG = 0xA000000C;

    /** Bytes of a reparse point at most. [MS-FSCC] 2.1.2.1 */
    public static final int MOST_BYTES = 16 << 10;

    private static final int HEADER = 8; // ReparseTag, ReparseDataLength, Reserved
    private static final int NAMES = HEADER + 12;
    private static final int RELATIVE = 0x1;
    private static final int ERROR_TAG = 0x4C4D5953; // "SYML"

    /** A link whose two names are the same. */
    public static SymbolicLink to(String target) {
        return new SymbolicLink(target, target, !target.startsWith("\\"));
    }

    /** The tag of any reparse point. */
    public static int tag(Blob data) throws MalformedMessage {
        WireReader in = data.reader();
        WireReader.require(in.size() >= HEADER && in.size() <= MOST_BYTES, "length of a reparse point");
        return in.i32(0);
    }

    /** Reads the data of a reparse point whose tag is {@link #TAG}. */
    public static SymbolicLink decode(Blob data) throws MalformedMessage {
        WireReader.require(tag(data) == TAG, "not a symbolic link");
        WireReader in = data.reader();
        WireReader.require(in.u16(4) == in.size() - HEADER, "ReparseDataLength");
        String target = in.utf16(in.span((long) NAMES + in.u16(8), in.u16(10)));
        String shown = in.utf16(in.span((long) NAMES + in.u16(12), in.u16(14)));
        return new SymbolicLink(target, shown, (in.i32(16) & RELATIVE) != 0);
    }

    /** The data of the reparse point. */
    public Blob encode() {
        return encode(new WireWriter(), 0).toBlob();
    }

    /**
     * What STATUS_STOPPED_ON_SYMLINK is told with.
     *
     * @param unparsed bytes of the path behind the link
     */
    public Blob encodeError(int unparsed) {
        var out = new WireWriter().i32(0).i32(ERROR_TAG);
        encode(out, unparsed);
        out.patch32(0, out.position() - 4); // SymLinkLength
        return out.toBlob();
    }

    private WireWriter encode(WireWriter out, int reserved) {
        int targetBytes = 2 * target.length();
        int shownBytes = 2 * shown.length();
        out.i32(TAG).u16(NAMES - HEADER + targetBytes + shownBytes).u16(reserved);
        out.u16(0).u16(targetBytes).u16(targetBytes).u16(shownBytes);
        return out.i32(relative ? RELATIVE : 0).utf16(target).utf16(shown);
    }
}
