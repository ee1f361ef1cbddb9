package dev.penstock.smbdirect;

import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.RemoteSpan;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something asked of a connection, and how far it is. Of the poller's thread. */
abstract sealed class Operation {
    private final SmbDirectConnection.Completion done;
    private int outstanding;
    private boolean allPosted;
    private @Nullable SmbDirectException failure;

    private Operation(SmbDirectConnection.Completion done) {
        this.done = done;
    }

    final void posted() {
        outstanding++;
    }

    final void completed() {
        outstanding--;
        tell();
    }

    final void allPosted() {
        allPosted = true;
        tell();
    }

    final void fail(SmbDirectException why) {
        if (failure == null) {
            failure = why;
        }
    }

    private void tell() {
        if (allPosted && outstanding == 0) {
            done.done(failure);
        }
    }

    /** A whole message. */
    static final class Message extends Operation {
        private final List<MemorySegment> parts;
        private final boolean invalidates;
        private final int token;
        private int part;
        private long offset;
        private long left;

        Message(List<MemorySegment> parts, boolean invalidates, int token, SmbDirectConnection.Completion done) {
            super(done);
            this.parts = List.copyOf(parts);
            this.invalidates = invalidates;
            this.token = token;
            for (MemorySegment p : parts) {
                left = Math.addExact(left, p.byteSize());
            }
        }

        boolean invalidates() {
            return invalidates;
        }

        int token() {
            return token;
        }

        /** Bytes not yet in a fragment. */
        long left() {
            return left;
        }

        /** The next piece, at most so long. */
        MemorySegment next(long most) {
            while (offset == parts.get(part).byteSize()) {
                part++;
                offset = 0;
            }
            var from = parts.get(part);
            long bytes = Math.min(most, from.byteSize() - offset);
            var piece = from.asSlice(offset, bytes);
            offset += bytes;
            left -= bytes;
            return piece;
        }
    }

    /** RDMA to or from the peer's memory. */
    static final class Transfer extends Operation {
        private final List<BufferDescriptor> remote;
        private final List<LocalSpan> local;
        private final boolean read;
        private int remoteIndex;
        private long remoteOffset;
        private int localIndex;
        private long localOffset;
        private long left;

        Transfer(
                List<BufferDescriptor> remote,
                List<LocalSpan> local,
                boolean read,
                SmbDirectConnection.Completion done) {
            super(done);
            this.remote = List.copyOf(remote);
            this.local = List.copyOf(local);
            this.read = read;
            for (LocalSpan s : local) {
                left += s.length();
            }
        }

        boolean isRead() {
            return read;
        }

        /** Bytes not yet posted. */
        long left() {
            return left;
        }

        /** What is left of the current descriptor. */
        RemoteSpan remote() {
            while (remoteOffset == remote.get(remoteIndex).length()) {
                remoteIndex++;
                remoteOffset = 0;
            }
            var d = remote.get(remoteIndex);
            return new RemoteSpan(d.token(), d.offset() + remoteOffset, d.length() - remoteOffset);
        }

        /** The next piece of our memory, at most so long. */
        LocalSpan local(long most) {
            while (localOffset == local.get(localIndex).length()) {
                localIndex++;
                localOffset = 0;
            }
            var from = local.get(localIndex);
            long bytes = Math.min(most, from.length() - localOffset);
            var piece = from.region().span(from.offset() + localOffset, bytes);
            localOffset += bytes;
            return piece;
        }

        /** So many bytes have been posted. */
        void advance(long bytes) {
            remoteOffset += bytes;
            left -= bytes;
        }
    }

    /** The end, after all that was asked before. */
    static final class Close extends Operation {
        Close() {
            super(SmbDirectConnection.Completion.IGNORED);
        }
    }
}
