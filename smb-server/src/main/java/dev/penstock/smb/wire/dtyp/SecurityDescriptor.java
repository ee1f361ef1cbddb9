package dev.penstock.smb.wire.dtyp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A self-relative security descriptor. [MS-DTYP] 2.4.6. A system list (SACL) is not kept.
 *
 * @param control bits of {@link #DACL_PRESENT} and its like, without SELF_RELATIVE
 * @param dacl null where there is none, which grants everything; empty grants nothing
 */
public record SecurityDescriptor(
        int control,
        @Nullable Sid owner,
        @Nullable Sid group,
        @Nullable List<Ace> dacl) {
    /** There is a DACL, be it null. */
    public static final int DACL_PRESENT = 0x0004;
    /** The DACL was inherited by rule. */
    public static final int DACL_AUTO_INHERITED = 0x0400;
    /** A set DACL is to be marked as inherited by rule. */
    public static final int DACL_AUTO_INHERIT_REQUIRED = 0x0100;
    /** The DACL takes nothing from above. */
    public static final int DACL_PROTECTED = 0x1000;

    /** The largest descriptor taken or kept, in bytes. */
    public static final int MOST_BYTES = 64 << 10;

    /** Selects the owner. [MS-SMB2] 2.2.37. */
    public static final int OWNER_INFORMATION = 0x1;
    /** Selects the group. */
    public static final int GROUP_INFORMATION = 0x2;
    /** Selects the DACL. */
    public static final int DACL_INFORMATION = 0x4;
    /** Selects the SACL. */
    public static final int SACL_INFORMATION = 0x8;

    private static final int SELF_RELATIVE = 0x8000;
    private static final int SACL_PRESENT = 0x0010;
    private static final int HEADER = 20;
    private static final int ACL_HEADER = 8;
    private static final int ACL_REVISION = 2;

    /** Copies the list. */
    public SecurityDescriptor {
        dacl = dacl == null ? null : List.copyOf(dacl);
    }

    /** The parts that {@code information} selects. */
    public SecurityDescriptor select(int information) {
        boolean withDacl = (information & DACL_INFORMATION) != 0;
        return new SecurityDescriptor(
                withDacl ? control : control & ~(DACL_PRESENT | DACL_AUTO_INHERITED | DACL_PROTECTED),
                (information & OWNER_INFORMATION) != 0 ? owner : null,
                (information & GROUP_INFORMATION) != 0 ? group : null,
                withDacl ? dacl : null);
    }

    /** This one with the selected parts taken from another. */
    public SecurityDescriptor with(SecurityDescriptor other, int information) {
        boolean newDacl = (information & DACL_INFORMATION) != 0;
        // A list is marked as inherited by rule where the setter asks for that, too; the question itself is not kept.
        boolean asks = (other.control & DACL_AUTO_INHERIT_REQUIRED) != 0;
        int dropped = DACL_AUTO_INHERIT_REQUIRED | (asks ? 0 : DACL_AUTO_INHERITED);
        return new SecurityDescriptor(
                newDacl ? other.control & ~dropped | DACL_PRESENT : control,
                (information & OWNER_INFORMATION) != 0 && other.owner != null ? other.owner : owner,
                (information & GROUP_INFORMATION) != 0 && other.group != null ? other.group : group,
                newDacl ? other.dacl : dacl);
    }

    /** The bytes, self-relative. */
    public byte[] toBytes() {
        int ownerSize = owner == null ? 0 : owner.size();
        int groupSize = group == null ? 0 : group.size();
        int daclSize = dacl == null
                ? 0
                : ACL_HEADER + dacl.stream().mapToInt(Ace::size).sum();
        var out = ByteBuffer.allocate(HEADER + ownerSize + groupSize + daclSize).order(ByteOrder.LITTLE_ENDIAN);
        int ownerAt = HEADER;
        int groupAt = ownerAt + ownerSize;
        int daclAt = groupAt + groupSize;
        out.put((byte) 1).put((byte) 0).putShort((short) (control | SELF_RELATIVE));
        out.putInt(owner == null ? 0 : ownerAt).putInt(group == null ? 0 : groupAt);
        out.putInt(0).putInt(dacl == null ? 0 : daclAt);
        if (owner != null) {
            owner.encode(out);
        }
        if (group != null) {
            group.encode(out);
        }
        if (dacl != null) {
            out.put((byte) ACL_REVISION).put((byte) 0).putShort((short) daclSize);
            out.putShort((short) dacl.size()).putShort((short) 0);
            dacl.forEach(ace -> ace.encode(out));
        }
        return out.array();
    }

    /** Reads a self-relative descriptor; a SACL is checked for nothing and dropped. */
    public static SecurityDescriptor decode(byte[] bytes) throws MalformedDescriptor {
        if (bytes.length < HEADER || bytes.length > MOST_BYTES) {
            throw new MalformedDescriptor("a descriptor of " + bytes.length + " bytes");
        }
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int control = Short.toUnsignedInt(in.getShort(2));
        if (in.get(0) != 1 || (control & SELF_RELATIVE) == 0) {
            throw new MalformedDescriptor("not a self-relative descriptor");
        }
        Sid owner = sid(in, in.getInt(4));
        Sid group = sid(in, in.getInt(8));
        int daclAt = in.getInt(16);
        boolean present = (control & DACL_PRESENT) != 0;
        return new SecurityDescriptor(
                control & ~(SELF_RELATIVE | SACL_PRESENT),
                owner,
                group,
                present && daclAt != 0 ? acl(in, daclAt) : null);
    }

    private static @Nullable Sid sid(ByteBuffer in, int at) throws MalformedDescriptor {
        return at == 0 ? null : Sid.decode(at(in, at));
    }

    private static List<Ace> acl(ByteBuffer in, int at) throws MalformedDescriptor {
        ByteBuffer acl = at(in, at);
        if (acl.remaining() < ACL_HEADER) {
            throw new MalformedDescriptor("an ACL that ends early");
        }
        int size = Short.toUnsignedInt(acl.getShort(acl.position() + 2));
        int count = Short.toUnsignedInt(acl.getShort(acl.position() + 4));
        if (size < ACL_HEADER || size > acl.remaining()) {
            throw new MalformedDescriptor("an ACL of " + size + " bytes");
        }
        acl.limit(acl.position() + size).position(acl.position() + ACL_HEADER);
        var aces = new ArrayList<Ace>();
        for (int i = 0; i < count; i++) {
            aces.add(Ace.decode(acl));
        }
        return aces;
    }

    private static ByteBuffer at(ByteBuffer in, int offset) throws MalformedDescriptor {
        if (offset < HEADER || offset > in.capacity()) {
            throw new MalformedDescriptor("an offset of " + offset);
        }
        return in.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(offset);
    }
}
