package dev.penstock.smb.wire.dtyp;

import java.time.Instant;

/** FILETIME: 100-nanosecond ticks since 1601-01-01 UTC. [MS-DTYP] 2.3.3. */
public final class FileTime {
    private static final long TICKS_PER_SECOND = 10_000_000;
    private static final long EPOCH_SECONDS = 11_644_473_600L; // from 1601 to 1970

    private FileTime() {}

    /** Ticks of an instant, rounded down; the ends of the range for instants outside it. */
    public static long of(Instant instant) {
        return ofUnix(instant.getEpochSecond(), instant.getNano());
    }

    /** Ticks of a POSIX time; the ends of the range for times outside it. */
    public static long ofUnix(long unixSeconds, int nanos) {
        long seconds = Math.max(unixSeconds, -EPOCH_SECONDS) + EPOCH_SECONDS;
        if (unixSeconds < -EPOCH_SECONDS) {
            return 0;
        }
        return seconds < 0 || seconds >= Long.MAX_VALUE / TICKS_PER_SECOND
                ? Long.MAX_VALUE
                : seconds * TICKS_PER_SECOND + nanos / 100;
    }

    /** The instant of a count of ticks that is not negative. */
    public static Instant toInstant(long ticks) {
        return Instant.ofEpochSecond(ticks / TICKS_PER_SECOND - EPOCH_SECONDS, ticks % TICKS_PER_SECOND * 100);
    }
}
