package dev.penstock.smb.wire.smb2;

/** Bits of LeaseState. [MS-SMB2] 2.2.13.2.8. */
public final class LeaseState {
    /** Nothing is cached. */
    public static final int NONE = 0;

    /** Data and attributes may be kept. */
    public static final int READ = 0x1;

    /** The handle may be kept open after the application closed it. */
    public static final int HANDLE = 0x2;

    /** Writes may be kept back. */
    public static final int WRITE = 0x4;

    /** All bits that are defined. */
    public static final int ALL = READ | HANDLE | WRITE;

    private LeaseState() {}

    /** What an oplock allows, in the terms of a lease. */
    public static int ofOplock(int level) {
        return switch (level) {
            case Create.OPLOCK_BATCH -> ALL;
            case Create.OPLOCK_EXCLUSIVE -> READ | WRITE;
            case Create.OPLOCK_LEVEL_II -> READ;
            default -> NONE;
        };
    }

    /** The strongest oplock that allows no more than a state. */
    public static int toOplock(int state) {
        if (state == ALL) {
            return Create.OPLOCK_BATCH;
        }
        if ((state & (READ | WRITE)) == (READ | WRITE)) {
            return Create.OPLOCK_EXCLUSIVE;
        }
        return (state & READ) != 0 ? Create.OPLOCK_LEVEL_II : Create.OPLOCK_NONE;
    }
}
