package dev.penstock.smb.wire.dtyp;

import java.util.UUID;

/**
 * A GUID as it lies on the wire. [MS-DTYP] 2.3.4.2.
 *
 * @param low the first eight bytes, read as one little-endian number
 * @param high the last eight bytes, likewise
 */
public record Guid(long low, long high) {
    /** All zeros. */
    public static final Guid ZERO = new Guid(0, 0);

    /** The wire form of a UUID: the first three groups are little-endian, the rest is in order. */
    public static Guid of(UUID uuid) {
        long m = uuid.getMostSignificantBits();
        long data1 = m >>> 32;
        long data2 = m >>> 16 & 0xffff;
        long data3 = m & 0xffff;
        return new Guid(data1 | data2 << 32 | data3 << 48, Long.reverseBytes(uuid.getLeastSignificantBits()));
    }

    /** Parses the usual text form. */
    public static Guid of(String text) {
        return of(UUID.fromString(text));
    }

    /** The same identifier as Java writes it. */
    public UUID toUuid() {
        long m = low << 32 | (low >>> 32 & 0xffff) << 16 | low >>> 48;
        return new UUID(m, Long.reverseBytes(high));
    }

    @Override
    public String toString() {
        return toUuid().toString();
    }
}
