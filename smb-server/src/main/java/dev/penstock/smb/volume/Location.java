package dev.penstock.smb.volume;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where an open file is: one for each name that it was opened by. Guarded by the node's lock, since a rename changes it. */
final class Location {
    /** Null for the root of the share. */
    private @Nullable Folder parent;

    private String name;
    private int opens = 1;

    /** Takes over the caller's hold of the folder. */
    Location(@Nullable Folder parent, String name) {
        this.parent = parent;
        this.name = name;
    }

    @Nullable
    Folder parent() {
        return parent;
    }

    String name() {
        return name;
    }

    /** The path as clients see it; empty for the root. */
    String path() {
        return parent == null ? "" : parent.pathOf(name);
    }

    boolean is(@Nullable Folder otherParent, String otherName) {
        boolean sameParent = (parent == null || otherParent == null)
                ? Objects.equals(parent, otherParent)
                : parent.key().equals(otherParent.key());
        return sameParent && name.equals(otherName);
    }

    /** Counts one open more. */
    Location shared() {
        opens++;
        return this;
    }

    /** Counts one open less; the last gives the folder up. */
    void leave() {
        if (--opens == 0 && parent != null) {
            parent.release();
        }
    }

    /** The file was renamed. Takes over the caller's hold of the folder. */
    void move(Folder newParent, String newName) {
        if (parent != null) {
            parent.release();
        }
        parent = newParent;
        name = newName;
    }
}
