package dev.penstock.smb.volume.host;

import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import java.util.List;

/**
 * Tells what happens in folders, and which of it this process did itself. Folders are watched and left by any thread; one thread takes the
 * events.
 */
public interface HostWatcher extends AutoCloseable {
    /** A watcher, or why there is none. */
    sealed interface Found {}

    /** There is one. */
    record Present(HostWatcher watcher) implements Found {}

    /**
     * There is none.
     *
     * @param reason for whoever runs the store
     */
    record Absent(String reason) implements Found {}

    /** Folders that may be watched at once. */
    int most();

    /**
     * Watches a folder, not what is in the folders in it. What happens from the return of this call on is told.
     *
     * @throws PosixException where the operating system has no room for more, or cannot watch this one
     */
    FolderId watch(FileHandle folder) throws PosixException;

    /** Leaves a folder. Events that have happened may still come. */
    void unwatch(FileHandle folder);

    /**
     * Waits for events, or for {@link #wake}.
     *
     * @param millis at most so long; negative for ever
     * @return all that happened until a moment ago, in its order; empty after a wake or the time
     */
    List<HostEvent> next(int millis) throws PosixException;

    /** Lets {@link #next} return. Any thread. */
    void wake();

    /** Leaves all folders. Nobody may be in {@link #next}. */
    @Override
    void close();
}
