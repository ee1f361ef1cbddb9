package dev.penstock.smbdirect;

import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a connection: what was asked, in order, as far as credits and the send queue's depth allow. Of the poller's thread.
 *
 * <p>The last credit is kept for a message that grants some ([MS-SMBD] 3.1.5.1): two ends that have both spent their last could
 * never tell each other of new ones.
 */
final class Outbound {
    /** RDMA requests outstanding beside the messages. */
    static final int TRANSFER_DEPTH = 256;

    /** Pieces below this are copied behind the header: a span costs more. */
    private static final int COPIED = 256;

    /** [MS-SMBD] counts credits in 16 bits; more in hand than that is a mistake of the peer's. */
    private static final int MAX_CREDITS = 65_535;

    /** Bytes per RDMA request: what the 32-bit lengths of adapters surely hold. */
    private static final long MAX_REQUEST = 1 << 30;

    /** What is posted: completions come in the same order. */
    private record Posted(int slot, @Nullable Operation operation) {}

    private final Link link;
    private final SmbDirectConfig config;
    private final RegisteredMemory memory;
    private final BufferStripes.Stripe stripe;
    private final QueuePair pair;
    private final int maxGather;
    private final ArrayDeque<Operation> queue = new ArrayDeque<>();
    private final ArrayDeque<Posted> posted = new ArrayDeque<>();
    private final int[] freeSlots;
    private int freeCount;
    private int transfersPosted;
    private int credits;
    private int maxSend;
    private boolean answerDue;
    private boolean pumping;
    private @Nullable SmbDirectException failure;

    Outbound(
            Link link,
            SmbDirectConfig config,
            RegisteredMemory memory,
            BufferStripes.Stripe stripe,
            QueuePair pair,
            int maxGather) {
        this.link = link;
        this.config = config;
        this.memory = memory;
        this.stripe = stripe;
        this.pair = pair;
        this.maxGather = maxGather;
        this.freeSlots = new int[config.credits()];
        for (int i = 0; i < freeSlots.length; i++) {
            freeSlots[freeCount++] = i;
        }
    }

    void open(int sendSize, int grantedCredits) {
        maxSend = sendSize;
        credits = grantedCredits;
    }

    private LocalSpan span(int slot, long from, long length) {
        long base = stripe.offset() + (long) (config.credits() + slot) * config.messageSize();
        return stripe.region().span(base + from, length);
    }

    /** Where a negotiate message is written. */
    MemorySegment negotiateBuffer() {
        return span(0, 0, config.messageSize()).memory();
    }

    void sendNegotiate(int length) {
        int slot = freeSlots[--freeCount];
        MemorySegment.copy(negotiateBuffer(), 0, span(slot, 0, length).memory(), 0, length);
        pair.postSend(0, List.of(span(slot, 0, length)));
        posted.add(new Posted(slot, null));
    }

    void add(Operation operation) {
        if (failure != null) {
            operation.fail(failure);
            operation.allPosted();
            return;
        }
        queue.add(operation);
        pump();
    }

    void granted(int more) throws MalformedPduException {
        credits += more;
        if (credits > MAX_CREDITS) {
            throw new MalformedPduException("more than " + MAX_CREDITS + " credits");
        }
    }

    /** The peer has asked for an answer. */
    void answerDue() {
        answerDue = true;
    }

    /** Posts what may be posted. */
    void pump() {
        if (pumping || failure != null) {
            return; // called from a completion that is told below: the loop there goes on
        }
        pumping = true;
        try {
            boolean going = true;
            while (going && failure == null) {
                var next = queue.peek();
                going = switch (next) {
                    case null -> false;
                    case Operation.Message m -> post(m);
                    case Operation.Transfer t -> post(t);
                    case Operation.Close _ -> close();
                };
            }
            if (answerDue && failure == null && maySend()) {
                sendEmpty(false);
            }
        } finally {
            pumping = false;
        }
    }

    private boolean close() {
        if (!posted.isEmpty()) {
            return false;
        }
        queue.remove().allPosted();
        link.closeNow();
        return false;
    }

    private boolean maySend() {
        return freeCount > 0 && (credits > 1 || (credits == 1 && link.inbound().grantable() > 0));
    }

    /** Says nothing but how many credits there are. */
    boolean sendEmpty(boolean responseRequested) {
        if (failure != null || !maySend()) {
            return false;
        }
        int slot = freeSlots[--freeCount];
        var header = header(responseRequested, 0, 0);
        int bytes = header.encode(span(slot, 0, DataTransfer.DATA_OFFSET).memory());
        pair.postSend(0, List.of(span(slot, 0, bytes)));
        sent(slot, null);
        return true;
    }

    private DataTransfer header(boolean responseRequested, int length, long remaining) {
        return new DataTransfer(
                config.credits(),
                link.inbound().takeGrant(),
                responseRequested,
                remaining,
                length == 0 ? 0 : DataTransfer.DATA_OFFSET,
                length);
    }

    private void sent(int slot, @Nullable Operation operation) {
        credits--;
        answerDue = false;
        posted.add(new Posted(slot, operation));
        link.meters().fragmentsOut.increment();
        if (operation != null) {
            operation.posted();
        }
    }

    private boolean post(Operation.Message message) {
        if (!maySend()) {
            return false;
        }
        int slot = freeSlots[--freeCount];
        int bytes = (int) Math.min(message.left(), maxSend - DataTransfer.DATA_OFFSET);
        var header = header(false, bytes, message.left() - bytes);
        header.encode(span(slot, 0, DataTransfer.DATA_OFFSET).memory());
        var spans = gather(message, slot, bytes);
        boolean last = message.left() == 0;
        if (last && message.invalidates()) {
            pair.postSendInvalidate(0, spans, message.token());
        } else {
            pair.postSend(0, spans);
        }
        sent(slot, message);
        if (last) {
            queue.remove();
            link.meters().messagesOut.increment();
            message.allPosted();
        }
        return true;
    }

    /** The next bytes of a message: registered parts from where they are, the rest by way of the slot. */
    private List<LocalSpan> gather(Operation.Message message, int slot, int bytes) {
        var spans = new ArrayList<LocalSpan>(4);
        long runStart = 0;
        long runEnd = DataTransfer.DATA_OFFSET;
        int left = bytes;
        while (left > 0) {
            var piece = message.next(left);
            left -= (int) piece.byteSize();
            // One entry for the run before, one for this piece, one for what has to be copied after all.
            boolean room = spans.size() + 3 <= maxGather;
            var registered = room && piece.byteSize() >= COPIED ? memory.find(piece) : null;
            if (registered == null) {
                MemorySegment.copy(
                        piece, 0, span(slot, runEnd, piece.byteSize()).memory(), 0, piece.byteSize());
                runEnd += piece.byteSize();
            } else {
                if (runEnd > runStart) {
                    spans.add(span(slot, runStart, runEnd - runStart));
                    runStart = runEnd;
                }
                spans.add(registered);
            }
        }
        if (runEnd > runStart) {
            spans.add(span(slot, runStart, runEnd - runStart));
        }
        return spans;
    }

    private boolean post(Operation.Transfer transfer) {
        while (transfer.left() > 0) {
            if (transfersPosted == TRANSFER_DEPTH) {
                return false;
            }
            var to = transfer.remote();
            long bytes = Math.min(Math.min(to.length(), transfer.left()), MAX_REQUEST);
            if (transfer.isRead()) {
                var into = transfer.local(bytes);
                pair.postRead(0, into, new RemoteSpan(to.key(), to.address(), into.length()));
                transfer.advance(into.length());
            } else {
                var from = new ArrayList<LocalSpan>(2);
                long gathered = 0;
                while (gathered < bytes && from.size() < maxGather) {
                    var span = transfer.local(bytes - gathered);
                    from.add(span);
                    gathered += span.length();
                }
                pair.postWrite(0, from, to);
                transfer.advance(gathered);
            }
            transfersPosted++;
            posted.add(new Posted(-1, transfer));
            transfer.posted();
        }
        queue.remove();
        transfer.allPosted();
        return true;
    }

    /** One of what was posted, the oldest, is finished. */
    void completed(WorkCompletion completion) {
        var oldest = posted.remove();
        if (oldest.slot >= 0) {
            freeSlots[freeCount++] = oldest.slot;
        } else {
            transfersPosted--;
            if (completion.succeeded()) {
                boolean read = completion.opcode() == WorkCompletion.Opcode.READ;
                (read ? link.meters().bytesRead : link.meters().bytesWritten).add(completion.length());
            }
        }
        var operation = oldest.operation;
        if (operation != null) {
            if (!completion.succeeded()) {
                operation.fail(new SmbDirectException("the connection ended: " + completion.status()));
            }
            operation.completed();
        }
    }

    /** The connection is over: what was not posted never will be. */
    void end(SmbDirectException why) {
        failure = why;
        for (Operation o = queue.poll(); o != null; o = queue.poll()) {
            o.fail(why);
            o.allPosted();
        }
    }

    boolean anyPosted() {
        return !posted.isEmpty();
    }
}
