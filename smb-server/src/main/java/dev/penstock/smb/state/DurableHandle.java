package dev.penstock.smb.state;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Create;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a handle whose client may ask for it again: because it lost its connection, or the answer to its CREATE. [MS-SMB2]
 * 3.3.1.10. Equal only to itself. Thread-safe.
 */
public final class DurableHandle {
    private final long persistentId;
    private final Open open;
    private final Owner owner;
    private final @Nullable Guid createGuid;
    private final Create.Request request;
    private final Create.Response response;
    private final long timeoutMillis;
    private volatile boolean replayable = true;

    /** Who may have it. */
    public record Owner(String user, Guid client, Tree tree, long sessionId) {}

    /**
     * A handle to be remembered.
     *
     * @param createGuid of a handle of version 2; null for version 1
     * @param timeoutMillis how long it waits for its client; 0 where it does not outlive its connection, and can only be asked for again
     */
    public DurableHandle(
            long persistentId,
            Open open,
            Owner owner,
            @Nullable Guid createGuid,
            Create.Request request,
            Create.Response response,
            long timeoutMillis) {
        this.persistentId = persistentId;
        this.open = open;
        this.owner = owner;
        this.createGuid = createGuid;
        this.request = request;
        this.response = response;
        this.timeoutMillis = timeoutMillis;
    }

    /** The half of the handle that stays. */
    public long persistentId() {
        return persistentId;
    }

    /** What is open. */
    public Open open() {
        return open;
    }

    /** Who may have it. */
    public Owner owner() {
        return owner;
    }

    /** Null for version 1. */
    public @Nullable Guid createGuid() {
        return createGuid;
    }

    /** How it was asked for. */
    public Create.Request request() {
        return request;
    }

    /** How that was answered. */
    public Create.Response response() {
        return response;
    }

    /** How long it waits for its client; 0 where it does not outlive its connection. */
    public long timeoutMillis() {
        return timeoutMillis;
    }

    /** Something was done by the handle: its client has had the answer to its CREATE, and does not ask again. 3.3.5.2.10 */
    public void used() {
        if (replayable) {
            replayable = false;
        }
    }

    /** True until something is done by it. */
    public boolean replayable() {
        return replayable;
    }

    /** The same handle in the hands of another session. */
    public DurableHandle ownedBy(Owner next) {
        return new DurableHandle(persistentId, open, next, createGuid, request, response, timeoutMillis);
    }
}
