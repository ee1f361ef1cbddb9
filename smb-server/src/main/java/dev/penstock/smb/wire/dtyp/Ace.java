package dev.penstock.smb.wire.dtyp;

import java.nio.ByteBuffer;

/**
 * An entry of an access control list that allows or denies. [MS-DTYP] 2.4.4.2, 2.4.4.4.
 *
 * @param allow else deny
 * @param flags inheritance flags
 * @param mask rights; generic ones are allowed in entries to be inherited
 */
public record Ace(boolean allow, int flags, int mask, Sid sid) {
    /** Files inherit it. */
    public static final int OBJECT_INHERIT = 0x01;
    /** Folders inherit it. */
    public static final int CONTAINER_INHERIT = 0x02;
    /** Heirs do not pass it on. */
    public static final int NO_PROPAGATE = 0x04;
    /** Does not hold for the object itself. */
    public static final int INHERIT_ONLY = 0x08;
    /** Was inherited. */
    public static final int INHERITED = 0x10;

    private static final int ALLOWED = 0;
    private static final int DENIED = 1;
    private static final int HEADER = 8;

    int size() {
        return HEADER + sid.size();
    }

    void encode(ByteBuffer out) {
        out.put((byte) (allow ? ALLOWED : DENIED)).put((byte) flags).putShort((short) size());
        out.putInt(mask);
        sid.encode(out);
    }

    /** Reads one entry; other types than these two are refused, since to ignore a denial would be to grant. */
    static Ace decode(ByteBuffer in) throws MalformedDescriptor {
        if (in.remaining() < HEADER) {
            throw new MalformedDescriptor("an ACE that ends early");
        }
        int start = in.position();
        int type = in.get();
        int flags = in.get();
        int size = Short.toUnsignedInt(in.getShort());
        if ((type != ALLOWED && type != DENIED) || size < HEADER || size > in.limit() - start) {
            throw new MalformedDescriptor("an ACE of type " + type + " and " + size + " bytes");
        }
        int mask = in.getInt();
        Sid sid = Sid.decode(in);
        if (in.position() > start + size) {
            throw new MalformedDescriptor("a SID beyond its ACE");
        }
        in.position(start + size);
        return new Ace(type == ALLOWED, flags, mask, sid);
    }
}
