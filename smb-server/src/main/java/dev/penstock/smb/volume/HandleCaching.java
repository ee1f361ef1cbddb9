package dev.penstock.smb.volume;

import dev.penstock.smb.command.Holder;
import dev.penstock.smb.volume.caching.FileCaching;
import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import org.jspecify.annotations.Nullable;

/**
 * What a client keeps by one handle, an oplock or its part of a lease, and who that client is: whoever the grant knows as a holder for this
 * handle. Guarded by the node's lock, which those methods take that do not say otherwise.
 */
final class HandleCaching {
    private final Node node;
    private @Nullable Grant grant;
    private Holder holder = Holder.NOBODY;

    HandleCaching(Node node) {
        this.node = node;
    }

    /** What is kept; null where that is nothing. With the node's lock held. */
    @Nullable
    Grant grant() {
        return grant;
    }

    /** The handle was given to somebody, who may keep something, as the grant knows. With the node's lock held. */
    void give(@Nullable Grant granted, Holder to) {
        grant = granted;
        holder = to;
    }

    /** Somebody else has the handle now: the client on its new connection. With the node's lock held. */
    void handTo(Holder next) {
        if (grant != null) {
            FileCaching.moved(grant, holder, next);
        }
        holder = next;
    }

    /** The handle closes. With the node's lock held. */
    void close() {
        node.caching.closed(grant, holder);
    }

    /** What a CREATE answers. With the node's lock held. */
    int oplockLevel() {
        if (grant == null) {
            return Create.OPLOCK_NONE;
        }
        return grant.lease() != null ? Create.OPLOCK_LEASE : LeaseState.toOplock(grant.state());
    }

    /**
     * Whether the client may keep the handle itself while it is away. With the node's lock held. A break that it has not answered is not
     * answered any more, and somebody waits for it.
     */
    boolean keepsHandle() {
        return grant != null && (grant.state() & LeaseState.HANDLE) != 0 && !grant.breaking();
    }

    /** The lease as a response to a CREATE tells it; null where there is none. */
    @Nullable
    LeaseContext lease() {
        node.lock.lock();
        try {
            return grant == null || grant.lease() == null ? null : grant.context();
        } finally {
            node.lock.unlock();
        }
    }

    /** Data will change or be locked by this handle: nobody else keeps any of it. */
    void contend() {
        if (node.caching.isShared()) {
            node.lock.lock();
            try {
                node.caching.contend(grant);
            } finally {
                node.lock.unlock();
            }
        }
    }
}
