package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.smb2.Close;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of one open, by CLOSE or because its client is gone: [MS-SMB2] 3.3.5.10, [MS-FSA] 2.1.5.5. First the file gets its times, while the
 * handle still works. Then, under the node's lock, the open leaves the node's list before anything asks whether it was the last; the name goes
 * after the last; and whoever waits for the file looks again last of all, when it is as it will be. What the open has held is given up after
 * the lock, since the file of a stream closes in the same way. Called once.
 */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private final FileOpen open;

    /** Set by CREATE's option: the file is marked for deletion when this open closes. */
    private final boolean deletes;

    Closing(FileOpen open, boolean deletes) {
        this.open = open;
        this.deletes = deletes;
    }

    /** Whether the file will be marked for deletion. */
    boolean deletes() {
        return deletes;
    }

    /** CLOSE. */
    Outcome.Final answer(Close.Request request) {
        settleTimes();
        Close.Response response = request.postQueryAttributes() ? attributes() : null;
        release();
        return Outcome.done(response == null ? Close.Response.PLAIN : response);
    }

    /** Nobody asks for it, and nobody is answered. */
    void abandon() {
        settleTimes();
        release();
    }

    private Close.@Nullable Response attributes() {
        try {
            FileMetadata m = open.metadata();
            return new Close.Response(
                    Close.POSTQUERY_ATTRIB,
                    m.creation(),
                    m.access(),
                    m.write(),
                    m.change(),
                    m.allocation(),
                    m.size(),
                    m.attributes());
        } catch (PosixException e) {
            LOG.debug("attributes at closing", e);
            return null;
        }
    }

    /** Gives the file the times that this handle leaves behind. */
    private void settleTimes() {
        if (open.base() != null) {
            return;
        }
        try {
            open.stamps().settle(open.handle());
            long time = open.has(FileOpen.WRITES)
                    ? open.node().writeTimes.closed(open.writer(), open.stat().modified())
                    : 0;
            if (time != 0) {
                Posix.setTimes(open.handle(), null, time);
            }
        } catch (PosixException e) {
            LOG.debug("times at closing", e);
        }
    }

    private void release() {
        open.resumeKey().forget();
        Node node = open.node();
        node.lock.lock();
        try {
            leave(node);
        } catch (PosixException e) {
            LOG.warn("closing {}: {}", open.location().path(), e.getMessage());
        } finally {
            if (open.data().written()) {
                open.volume().changes().written(open);
            }
            if (open.base() == null) {
                open.location().leave();
            } else if (node.opens.isEmpty() && node.fork != null) {
                node.fork.close();
                node.fork = null;
            }
            open.caching().close();
            node.lock.unlock();
        }
        open.scan().close();
        open.data().close();
        open.volume().nodes().release(node);
        FileOpen base = open.base();
        if (base == null) {
            open.handle().close();
        } else {
            base.abandon();
        }
    }

    private void leave(Node node) throws PosixException {
        node.opens.remove(open);
        open.watching().close();
        open.host().end();
        if (deletes) {
            node.markForDeletion(true, open.caching().grant());
        }
        FileLocking.releaseAll(open);
        if (node.opens.isEmpty() && open.content() instanceof Content.OfFork stream && !node.deletePending) {
            Streams.removeIfNone(open.manners(), stream);
        }
        if (node.deletePending && node.opens.isEmpty() && !node.gone) {
            Removal.remove(open);
        }
    }
}
