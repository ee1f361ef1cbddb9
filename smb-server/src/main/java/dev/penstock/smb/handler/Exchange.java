package dev.penstock.smb.handler;

import dev.penstock.memory.Lease;
import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.state.Channel;
import dev.penstock.smb.state.OpenEntry;
import dev.penstock.smb.state.Session;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.state.Tree;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request on its way to its answer. Belongs to the connection's loop. */
public final class Exchange {
    final Incoming incoming;
    final Sink sink;

    @Nullable
    Channel channel;

    @Nullable
    Session session;

    @Nullable
    Tree tree;

    @Nullable
    OpenEntry open;

    private @Nullable Consumer<ByteBuffer> onEncoded;
    private @Nullable Lease held;
    private @Nullable Runnable beforeAnswer;
    private @Nullable Runnable whenSucceeded;
    private @Nullable OpenEntry counter;
    private boolean sign;
    private boolean finished;
    private boolean outlivesChannel;
    private boolean inPlaceOfInterim;

    /** How the signature of a request was. */
    public enum Signature {
        /** There is none. */
        ABSENT,
        /** It is right. */
        GOOD,
        /** It is wrong. */
        BAD
    }

    /**
     * A request as it was received, with what it takes over from the one before it in a related compound.
     *
     * @param request null where the body could not be decoded
     * @param file the file named, or taken over; null where the command names none
     * @param encrypted whether it came inside of an encrypted message
     * @param data the data of a WRITE, in a slab; whoever runs the exchange releases it
     * @param raw the whole message, for NEGOTIATE and SESSION_SETUP only; limit 0 otherwise
     * @param fileRangeWelcome whether the kernel may send the answer's payload out of a file
     */
    public record Incoming(
            Header header,
            Command command,
            @Nullable Smb2Request request,
            long sessionId,
            int treeId,
            @Nullable FileId file,
            Signature signature,
            boolean encrypted,
            @Nullable Data data,
            ByteBuffer raw,
            boolean fileRangeWelcome,
            long arrivalNanos) {}

    /** Bytes in a slab. */
    public record Data(Lease lease, ByteBuffer bytes) {}

    /** Where answers go. On the loop. */
    public interface Sink {
        /** The final answer. Once. */
        void finished(Exchange exchange, Outcome.Final outcome);

        /** The final answer comes later. Once, before {@link #finished}. */
        void pending(Exchange exchange, Deferred deferred);

        /** The connection is to be closed without an answer. */
        void disconnect(Exchange exchange, String reason);
    }

    /** Starts an exchange. */
    public Exchange(Incoming incoming, Sink sink) {
        this.incoming = incoming;
        this.sink = sink;
    }

    /** The request. */
    public Incoming incoming() {
        return incoming;
    }

    /** Its session on this connection, if it has one. */
    public @Nullable Channel channel() {
        return channel;
    }

    /** Its session, if it has one. */
    public @Nullable Session session() {
        return session;
    }

    /** Its tree, if it has one. */
    public @Nullable Tree tree() {
        return tree;
    }

    /** The file that it used or made, if any. */
    public @Nullable FileId usedFile() {
        return open == null ? incoming.file : open.id();
    }

    /** True where the answer is to be signed although the request was not. */
    public boolean mustSign() {
        return sign;
    }

    void mustSign(boolean now) {
        sign = now;
    }

    /** Told the bytes of the answer as it is sent, signature and all: header and body. */
    public @Nullable Consumer<ByteBuffer> onEncoded() {
        return onEncoded;
    }

    void onEncoded(Consumer<ByteBuffer> listener) {
        onEncoded = listener;
    }

    /** Keeps memory that the request works on until it is answered. */
    void holdUntilFinished(Lease lease) {
        held = lease;
    }

    /** Runs something just before the answer is sent. */
    void beforeAnswer(Runnable task) {
        beforeAnswer = task;
    }

    /** What is done although the connection is gone, if the session has another: the client asks for its outcome there. */
    void letOutliveChannel() {
        outlivesChannel = true;
    }

    boolean outlivesChannel() {
        return outlivesChannel;
    }

    /** The session is not on this connection, but its client has shown its key: the refusal is signed with that. */
    void answersAsStranger(Sessions sessions) {
        if (channel == null && incoming.signature == Signature.GOOD) {
            channel = Channel.toRefuse(sessions.find(incoming.sessionId));
            session = channel == null ? null : channel.session();
        }
    }

    /** The refusal is signed as the interim answer would have been that it stands for: {@link Channel#refusalSigner}. */
    void answersInPlaceOfInterim(boolean now) {
        inPlaceOfInterim = now;
    }

    /** What a refusal is signed with; null where it is not. */
    public @Nullable MessageSigner refusalSigner() {
        if (channel == null) {
            return null;
        }
        return inPlaceOfInterim ? channel.signer() : channel.refusalSigner();
    }

    /** Runs something if the answer is a success. */
    void whenSucceeded(Runnable task) {
        whenSucceeded = task;
    }

    /** The request was counted, and is to be taken off when it is answered. 3.3.5.2.10 */
    void countedBy(OpenEntry entry) {
        counter = entry;
    }

    /** Ends the exchange. */
    void finish(Outcome.Final outcome) {
        assert !finished : "answered twice";
        finished = true;
        if (counter != null) {
            counter.sequence().leave(incoming.header.status() & 0xffff);
        }
        if (whenSucceeded != null && outcome instanceof Outcome.Done done && done.status() == NtStatus.SUCCESS) {
            whenSucceeded.run();
        }
        if (held != null) {
            held.release();
        }
        if (beforeAnswer != null) {
            beforeAnswer.run();
        }
        sink.finished(this, outcome);
    }
}
