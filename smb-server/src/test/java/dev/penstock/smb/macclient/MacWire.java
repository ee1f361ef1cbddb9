package dev.penstock.smb.macclient;

import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Cancel;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Smb2Response;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One TCP connection: frames, credits, signatures, compounds. Thread-safe. */
final class MacWire implements AutoCloseable {
    /** Apple's client asks for as many with every request. */
    private static final int CREDITS = 256;

    /** Apple's gives up after 35 s, or 45 with leases; no test waits that long for its failure. */
    private static final long PATIENCE_SECONDS = 20;

    private static final int CREDIT_BYTES = 64 << 10;

    private final Socket socket;
    private final OutputStream out;
    private final Consumer<LeaseBreak.Notification> onBreak;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition creditsCame = lock.newCondition();
    private final Map<Long, Waiting> waiting = new HashMap<>();
    private long nextMessage;
    private int credits = 1;
    private int frames;
    private boolean deaf;
    private @Nullable IOException lost;
    private byte[] lastSent = {};

    /** For what is sent; null before there is a key. */
    private @Nullable MessageSigner signer;

    /** For what is received: the reader's own. */
    private volatile @Nullable MessageSigner verifier;

    private volatile long session;

    /** Something that is sent: a request, and what follows its body. */
    record Sent(Smb2Request request, byte[] data, int treeId, int flags) {
        static Sent of(Smb2Request request, int treeId) {
            return new Sent(request, new byte[0], treeId, 0);
        }
    }

    /** An answer: a whole message of its own, the others of its compound taken away. */
    record Reply(Header header, ByteBuffer bytes) {
        NtStatus status() {
            return NtStatus.of(header.status());
        }

        WireReader reader() {
            return new WireReader(bytes);
        }

        Smb2Response body() {
            Command command = Command.of(header.command());
            try {
                return Smb2Response.decode(java.util.Objects.requireNonNull(command), reader());
            } catch (MalformedMessage e) {
                throw new Ebadrpc(command + ": " + e.getMessage());
            }
        }
    }

    /** A request on its way. */
    final class Waiting {
        private final Command command;
        private final long messageId;
        private final CompletableFuture<Reply> reply = new CompletableFuture<>();
        private volatile long asyncId;

        private Waiting(Command command, long messageId) {
            this.command = command;
            this.messageId = messageId;
        }

        Reply get() {
            try {
                return reply.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException e) {
                if (e.getCause() instanceof RuntimeException unchecked) {
                    throw unchecked;
                }
                throw new Lost(command + ": " + e.getCause().getMessage());
            } catch (java.util.concurrent.TimeoutException e) {
                throw new AssertionError("no answer to " + command + " " + messageId, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        boolean isAnswered() {
            return reply.isDone();
        }

        /** The server has said that it will take long. */
        boolean isPending() {
            return asyncId != 0;
        }

        /** The client has changed its mind. */
        void cancel() {
            MacWire.this.cancel(this);
        }
    }

    /** The connection went before the answer came. */
    static final class Lost extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Lost(String what) {
            super(what);
        }
    }

    MacWire(InetSocketAddress server, Consumer<LeaseBreak.Notification> onBreak) throws IOException {
        this.onBreak = onBreak;
        this.socket = new Socket(server.getAddress(), server.getPort());
        socket.setTcpNoDelay(true);
        this.out = socket.getOutputStream();
        Thread.ofPlatform().daemon().name("mac-" + socket.getLocalPort()).start(this::read);
    }

    /** From now on everything that is sent is signed with this key. */
    void sign(int algorithm, byte[] key) {
        lock.lock();
        try {
            signer = MessageSigner.of(algorithm, key);
        } finally {
            lock.unlock();
        }
    }

    /** From now on everything that comes must be signed with this key. */
    void verify(int algorithm, byte[] key) {
        verifier = MessageSigner.of(algorithm, key);
    }

    void session(long id) {
        session = id;
    }

    long session() {
        return session;
    }

    /** Messages sent that want an answer: a compound is one. */
    int frames() {
        lock.lock();
        try {
            return frames;
        } finally {
            lock.unlock();
        }
    }

    int credits() {
        lock.lock();
        try {
            return credits;
        } finally {
            lock.unlock();
        }
    }

    /** The last message without its frame, for the hash over all that precedes the keys. */
    ByteBuffer lastSent() {
        lock.lock();
        try {
            return ByteBuffer.wrap(lastSent);
        } finally {
            lock.unlock();
        }
    }

    Reply ask(Smb2Request request, int treeId) {
        return send(List.of(Sent.of(request, treeId))).getFirst().get();
    }

    /** Sends a compound, or one request alone; the members after the first are related to it. */
    List<Waiting> send(List<Sent> members) {
        lock.lock();
        try {
            int charge = members.stream().mapToInt(MacWire::charge).sum();
            await(charge);
            credits -= charge;
            var message = new WireWriter(1024);
            var started = new ArrayList<Waiting>();
            for (int i = 0; i < members.size(); i++) {
                started.add(append(message, members.get(i), i > 0, i == members.size() - 1));
            }
            frames++;
            lastSent = message.toArray();
            started.forEach(one -> waiting.put(one.messageId, one));
            transmit(lastSent);
            return started;
        } finally {
            lock.unlock();
        }
    }

    private Waiting append(WireWriter message, Sent member, boolean related, boolean last) {
        int start = message.position();
        int charge = charge(member);
        long id = nextMessage;
        nextMessage += charge;
        Command command = member.request.command();
        int flags = member.flags | (related ? Header.RELATED : 0) | (signer == null ? 0 : Header.SIGNED);
        new Header(charge, 0, command.code(), CREDITS, flags, 0, id, 0, member.treeId, session).encode(message);
        var body = new WireWriter();
        body.zeros(Header.SIZE); // offsets in bodies count from here
        member.request.encode(body);
        message.bytes(Arrays.copyOfRange(body.toArray(), Header.SIZE, body.position()))
                .bytes(member.data);
        if (!last) {
            message.align(start, 8);
            message.patch32(start + Header.NEXT_COMMAND, message.position() - start);
        }
        sign(message, start, id, false);
        return new Waiting(command, id);
    }

    private void sign(WireWriter message, int start, long id, boolean cancel) {
        MessageSigner with = signer;
        if (with != null) {
            ByteBuffer part = message.buffer().slice(start, message.position() - start);
            message.patch(
                    start + Header.SIGNATURE, with.sign(List.of(part), new MessageSigner.Role(id, false, cancel)));
        }
    }

    private static int charge(Sent member) {
        long bytes = switch (member.request) {
            case Read.Request r -> r.length();
            case QueryDirectory.Request r -> r.outputBufferLength();
            case QueryInfo.Request r -> r.outputBufferLength();
            case ChangeNotify.Request r -> r.outputBufferLength();
            case Ioctl.Request r -> Math.max(r.input().length(), r.maxOutputResponse());
            default -> member.data.length;
        };
        return (int) Math.max(1, (bytes + CREDIT_BYTES - 1) / CREDIT_BYTES);
    }

    /** A server that grants too little stops its client, as this does. */
    private void await(int charge) {
        try {
            long left = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (credits < charge && lost == null) {
                if (left <= 0) {
                    throw new AssertionError("no credits: " + credits + " for a charge of " + charge);
                }
                left = creditsCame.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        if (lost != null) {
            throw new Lost(String.valueOf(lost.getMessage()));
        }
    }

    private void transmit(byte[] message) {
        try {
            out.write(ByteBuffer.allocate(4 + message.length)
                    .putInt(message.length)
                    .put(message)
                    .array());
            out.flush();
        } catch (IOException e) {
            ended(e);
        }
    }

    private void cancel(Waiting one) {
        lock.lock();
        try {
            var message = new WireWriter();
            int flags = (one.asyncId != 0 ? Header.ASYNC : 0) | (signer == null ? 0 : Header.SIGNED);
            new Header(0, 0, Command.CANCEL.code(), 0, flags, 0, one.messageId, one.asyncId, 0, session)
                    .encode(message);
            new Cancel.Request().encode(message);
            sign(message, 0, one.messageId, true);
            transmit(message.toArray());
        } finally {
            lock.unlock();
        }
    }

    private void read() {
        try (var in = new DataInputStream(socket.getInputStream())) {
            while (true) {
                byte[] message = new byte[in.readInt()];
                in.readFully(message);
                receive(ByteBuffer.wrap(message));
            }
        } catch (IOException e) {
            ended(e);
        } catch (MalformedMessage | RuntimeException e) {
            ended(new IOException(e));
        }
    }

    private void receive(ByteBuffer frame) throws MalformedMessage {
        int at = 0;
        while (true) {
            Header header = Header.decode(new WireReader(frame.slice(at, frame.limit() - at)));
            int next = header.nextCommand();
            Ebadrpc.unless((next & 7) == 0 && next <= frame.limit() - at, "NextCommand");
            int length = next == 0 ? frame.limit() - at : next;
            one(header, frame.slice(at, length).order(ByteOrder.LITTLE_ENDIAN));
            if (next == 0) {
                return;
            }
            at += next;
        }
    }

    private void one(Header header, ByteBuffer bytes) throws MalformedMessage {
        Ebadrpc.unless(header.has(Header.SERVER_TO_REDIR), "not an answer");
        boolean interim = header.has(Header.ASYNC) && header.status() == NtStatus.PENDING.value();
        if (header.messageId() == -1) {
            if (Smb2Response.decode(Command.OPLOCK_BREAK, new WireReader(bytes)) instanceof LeaseBreak.Notification n) {
                onBreak.accept(n);
            }
            return;
        }
        verify(header, bytes, interim);
        Waiting one;
        lock.lock();
        try {
            if (deaf) {
                return;
            }
            credits += header.credits();
            creditsCame.signalAll();
            one = interim ? waiting.get(header.messageId()) : waiting.remove(header.messageId());
        } finally {
            lock.unlock();
        }
        Ebadrpc.unless(one != null, "an answer to nothing");
        if (interim) {
            one.asyncId = header.asyncId();
        } else {
            one.reply.complete(new Reply(header, bytes));
        }
    }

    private void verify(Header header, ByteBuffer bytes, boolean interim) {
        MessageSigner with = verifier;
        if (with != null && !interim) {
            verify(header, bytes, with);
        }
    }

    static void verify(Header header, ByteBuffer bytes, MessageSigner with) {
        Ebadrpc.unless(header.has(Header.SIGNED), "an answer without a signature");
        var sent = new byte[MessageSigner.SIZE];
        bytes.get(Header.SIGNATURE, sent);
        bytes.put(Header.SIGNATURE, new byte[MessageSigner.SIZE]);
        byte[] right = with.sign(List.of(bytes), new MessageSigner.Role(header.messageId(), true, false));
        Ebadrpc.unless(Arrays.equals(sent, right), "an answer with a wrong signature");
    }

    private void ended(IOException why) {
        List<Waiting> left;
        lock.lock();
        try {
            lost = lost == null ? why : lost;
            left = List.copyOf(waiting.values());
            waiting.clear();
            creditsCame.signalAll();
        } finally {
            lock.unlock();
        }
        Throwable cause = why.getCause() instanceof RuntimeException broken ? broken : why;
        left.forEach(one -> one.reply.completeExceptionally(cause));
    }

    /** Answers are lost from now on, though the server takes requests: the cable was pulled while they were on their way. */
    void loseAnswers() {
        lock.lock();
        try {
            deaf = true;
        } finally {
            lock.unlock();
        }
    }

    /** The connection is gone without a word. */
    void cut() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
