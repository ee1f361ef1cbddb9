package dev.penstock.smb.macclient;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One entry of FileIdBothDirectoryInformation as Apple's client reads it: what is EaSize, ShortName and Reserved2 to others is the Finder's.
 *
 * @param name decomposed, with a colon where the Finder shows a slash
 * @param access rights, each bit for itself
 * @param noXattr the server says that there is nothing to ask for; of the first form never
 * @param resourceBytes length of the resource fork
 * @param finderInfo 16 bytes of the Finder's 32: of a file type, creator, flags, more flags, date added; a folder has zeros for the first two
 * @param mode type and permissions of POSIX
 * @param tag of a reparse point; 0 of all else
 */
record MacEntry(
        String name,
        long created,
        long modified,
        long changed,
        long size,
        long allocated,
        int attributes,
        int access,
        boolean noXattr,
        long resourceBytes,
        byte[] finderInfo,
        int mode,
        int tag,
        long fileId) {
    private static final int DIRECTORY = 0x10;
    private static final int REPARSE_POINT = 0x400;
    private static final int SYMLINK = 0xA000000C;
    private static final int NO_XATTR = 1;
    private static final int FIRST_FILE_ID = 17;
    private static final int GENERIC = 0xF0000000;
    private static final int NAME = 104;

    boolean isFolder() {
        return (attributes & DIRECTORY) != 0;
    }

    boolean isLink() {
        return tag == SYMLINK;
    }

    /** Type and creator, eight letters; zeros are dots. */
    String typeAndCreator() {
        return new String(finderInfo, 0, 8, StandardCharsets.ISO_8859_1).replace('\0', '.');
    }

    /** A label's colour, 0 to 7, out of the Finder's flags. */
    int label() {
        return finderInfo[9] >> 1 & 7;
    }

    /** All entries of a buffer but the two dots, which are checked and left out. */
    static List<MacEntry> parse(WireReader list, boolean second) {
        var entries = new ArrayList<MacEntry>();
        try {
            int at = 0;
            int next;
            do {
                Ebadrpc.unless((at & 7) == 0, "an entry is not aligned");
                WireReader one = list.from(at);
                next = one.i32(0);
                int nameLength = one.i32(60);
                Ebadrpc.unless(nameLength > 0, "an entry without a name");
                Ebadrpc.unless(next == 0 || next >= NAME + nameLength, "out of sync");
                String wire = one.utf16(list.span(at + (long) NAME, nameLength));
                entries.add(entry(one, list, at, wire, second));
                at += next;
            } while (next != 0);
        } catch (MalformedMessage e) {
            throw new Ebadrpc("listing: " + e.getMessage());
        }
        entries.removeIf(e -> e.name.equals(".") || e.name.equals(".."));
        return entries;
    }

    private static MacEntry entry(WireReader one, WireReader list, int at, String wire, boolean second)
            throws MalformedMessage {
        int attributes = one.i32(56);
        boolean reparse = (attributes & REPARSE_POINT) != 0;
        int access = one.i32(64);
        int mode = one.u16(94);
        long id = one.i64(96);
        boolean dots = wire.equals(".") || wire.equals("..");
        Ebadrpc.unless(reparse || (access & GENERIC) == 0, "rights that are not expanded: the Finder shows no entry");
        Ebadrpc.unless(reparse || access != 0 || dots, "no rights at all");
        Ebadrpc.unless(mode != 0, "no mode");
        Ebadrpc.unless(id != 0 || wire.equals(".."), "a file id of 0 turns ids off for the session");
        Ebadrpc.unless(id < 0 || id >= FIRST_FILE_ID || id == 0, "an id that the Mac keeps for itself: " + id);
        int flags = one.u16(68);
        Ebadrpc.unless(!second || (flags & ~NO_XATTR) == 0, "flags that nobody knows");
        return new MacEntry(
                dots ? wire : MacNames.toLocal(wire),
                one.i64(8),
                one.i64(24),
                one.i64(32),
                one.i64(40),
                one.i64(48),
                attributes,
                reparse ? AccessMask.FILE_ALL : access,
                second && (flags & NO_XATTR) != 0,
                one.i64(70),
                list.blob(list.span(at + 78L, 16)).toArray(),
                mode,
                reparse ? access : 0,
                id);
    }
}
