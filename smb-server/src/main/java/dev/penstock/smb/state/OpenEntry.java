package dev.penstock.smb.state;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * An open in its session's table, and the calls under way on it: its end waits for them. Belongs to the connection's loop.
 */
public final class OpenEntry {
    private final FileId id;
    private final Open open;
    private final Tree tree;
    private final ArrayDeque<Runnable> searches = new ArrayDeque<>();
    private int calls;
    private boolean searching;
    private @Nullable Runnable whenIdle;

    OpenEntry(FileId id, Open open, Tree tree) {
        this.id = id;
        this.open = open;
        this.tree = tree;
    }

    /** The handle that the client has. */
    public FileId id() {
        return id;
    }

    /** What is open. */
    public Open open() {
        return open;
    }

    /** Through which tree it was opened. */
    public Tree tree() {
        return tree;
    }

    /** A call starts. */
    public void enter() {
        calls++;
    }

    /** A call has returned. */
    public void leave() {
        calls--;
        if (calls == 0 && whenIdle != null) {
            Runnable task = whenIdle;
            whenIdle = null;
            task.run();
        }
    }

    /** Runs the task as soon as no call is under way. Called once, when the entry is no longer in its table. */
    public void whenIdle(Runnable task) {
        if (calls == 0) {
            task.run();
        } else {
            whenIdle = task;
        }
    }

    /** Runs a search now, or when the one before it has ended: a search has a position. */
    public void search(Runnable start) {
        if (searching) {
            searches.add(start);
        } else {
            searching = true;
            start.run();
        }
    }

    /** A search has ended. */
    public void searchEnded() {
        Runnable next = searches.poll();
        if (next == null) {
            searching = false;
        } else {
            next.run();
        }
    }
}
