package dev.penstock.smb.wire.dtyp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A security identifier. [MS-DTYP] 2.4.2.
 *
 * @param authority identifier authority, 48 bits
 * @param subAuthorities at most 15, 32 bits each
 */
public record Sid(long authority, List<Integer> subAuthorities) {
    /** Everyone, S-1-1-0. */
    public static final Sid WORLD = new Sid(1, 0);
    /** Stands for the owner of a new object, S-1-3-0. */
    public static final Sid CREATOR_OWNER = new Sid(3, 0);
    /** Stands for the group of a new object, S-1-3-1. */
    public static final Sid CREATOR_GROUP = new Sid(3, 1);
    /** Rights that an owner has, S-1-3-4. */
    public static final Sid OWNER_RIGHTS = new Sid(3, 4);
    /** Whoever logged on over a network, S-1-5-2. */
    public static final Sid NETWORK = new Sid(5, 2);
    /** Whoever gave no name, S-1-5-7. */
    public static final Sid ANONYMOUS = new Sid(5, 7);
    /** Whoever logged on, S-1-5-11. */
    public static final Sid AUTHENTICATED_USERS = new Sid(5, 11);
    /** The operating system, S-1-5-18. */
    public static final Sid SYSTEM = new Sid(5, 18);

    private static final int MOST_SUB_AUTHORITIES = 15;

    /** Checks the limits. */
    public Sid {
        subAuthorities = List.copyOf(subAuthorities);
        if (subAuthorities.size() > MOST_SUB_AUTHORITIES) {
            throw new IllegalArgumentException("a SID of " + subAuthorities.size() + " sub-authorities");
        }
    }

    /** A SID of few parts. */
    public Sid(long authority, Integer... subAuthorities) {
        this(authority, Arrays.asList(subAuthorities));
    }

    /** The SID of a Unix user, S-1-22-1-uid, as Samba and Windows NFS write it. */
    public static Sid ofUser(int uid) {
        return new Sid(22, 1, uid);
    }

    /** The SID of a Unix group, S-1-22-2-gid. */
    public static Sid ofGroup(int gid) {
        return new Sid(22, 2, gid);
    }

    /** Bytes on the wire. */
    public int size() {
        return 8 + 4 * subAuthorities.size();
    }

    void encode(ByteBuffer out) {
        out.put((byte) 1).put((byte) subAuthorities.size());
        for (int shift = 40; shift >= 0; shift -= 8) {
            out.put((byte) (authority >>> shift));
        }
        subAuthorities.forEach(out::putInt);
    }

    /** Reads a SID at the buffer's position, which must be little-endian, and moves past it. */
    static Sid decode(ByteBuffer in) throws MalformedDescriptor {
        if (in.remaining() < 8 || in.get() != 1) {
            throw new MalformedDescriptor("no SID");
        }
        int count = in.get();
        long authority = 0;
        for (int i = 0; i < 6; i++) {
            authority = authority << 8 | Byte.toUnsignedLong(in.get());
        }
        if (count < 0 || count > MOST_SUB_AUTHORITIES || in.remaining() < 4 * count) {
            throw new MalformedDescriptor("a SID that ends early");
        }
        Integer[] parts = new Integer[count];
        for (int i = 0; i < count; i++) {
            parts[i] = in.getInt();
        }
        return new Sid(authority, parts);
    }

    /** The SID alone, as bytes. */
    public byte[] toBytes() {
        var out = ByteBuffer.allocate(size()).order(ByteOrder.LITTLE_ENDIAN);
        encode(out);
        return out.array();
    }

    /** The usual text form. */
    @Override
    public String toString() {
        var text = new StringBuilder("S-1-").append(authority);
        subAuthorities.forEach(s -> text.append('-').append(Integer.toUnsignedString(s)));
        return text.toString();
    }
}
