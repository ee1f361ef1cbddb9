package dev.penstock.smb.volume;

/**
 * What a share is for. docs/shares.md has the table.
 *
 * <p>Apple's extensions show only to clients that ask for them, so that the first is right for everybody.
 */
public enum SharePreset {
    /** Any client, and Macs as they like it. */
    FINDER(true, false),
    /** Scratch space of editing software: as {@link #FINDER}. */
    VIDEO(true, false),
    /** Models for inference nodes: nothing of Apple's, streams are as any other client writes them. */
    MODELS(false, false),
    /** Backups of Macs: a flush can be asked to reach the medium. */
    TIMEMACHINE(true, true),
    /** Nothing of Apple's. */
    PLAIN(false, false);

    private final boolean apple;
    private final boolean fullSync;

    SharePreset(boolean apple, boolean fullSync) {
        this.apple = apple;
        this.fullSync = fullSync;
    }

    boolean apple() {
        return apple;
    }

    boolean fullSync() {
        return fullSync;
    }
}
