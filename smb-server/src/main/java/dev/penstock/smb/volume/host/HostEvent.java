package dev.penstock.smb.volume.host;

import org.jspecify.annotations.Nullable;

/** Something that happened in a watched folder. */
public sealed interface HostEvent {
    /** What happened: a name is there that was not. */
    int CREATED = 1;

    /** A name went. */
    int REMOVED = 2;

    /** Data was written, or the length set. */
    int WRITTEN = 4;

    /** Somebody who had the file open for writing closed it. */
    int CLOSED = 8;

    /** Times, owner, rights or extended attributes. */
    int ATTRIBUTES = 16;

    /**
     * A name in a watched folder.
     *
     * @param name as it is on disk
     */
    record Place(FolderId folder, String name) {}

    /**
     * Something happened to a name or its file.
     *
     * @param what bits of what happened since the last event of this name; their order is not known
     * @param own whether this process did it
     * @param isFolder whether the name is a folder's
     */
    record Happened(Place place, int what, boolean isFolder, boolean own) implements HostEvent {
        /** Whether one of the bits is set. */
        public boolean has(int bit) {
            return (what & bit) != 0;
        }
    }

    /**
     * A name became another one, and took the place of a file that had it.
     *
     * @param from null where the folder is not watched
     * @param to null where the folder is not watched
     * @param own whether this process did it
     */
    record Renamed(@Nullable Place from, @Nullable Place to, boolean isFolder, boolean own) implements HostEvent {}

    /** The operating system had more to tell than it keeps: anything may have happened in any watched folder. */
    record Lost() implements HostEvent {}
}
