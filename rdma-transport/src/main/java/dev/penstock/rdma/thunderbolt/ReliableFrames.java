package dev.penstock.rdma.thunderbolt;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Payloads brought over a port in order and once. Knows neither what they are nor how the connection came about; time is given to it. Of the
 * queue's owner.
 */
final class ReliableFrames implements FramePort.Completions {
    /** Who has payloads and wants them. */
    interface User {
        /** Writes the next payload at the buffer's position, and leaves the position behind it; false where there is none. */
        boolean next(ByteBuffer into);

        /**
         * A payload, between the buffer's position and its limit; valid until this returns. False where it was not looked at, and has to be offered
         * again by {@link #deliverKept}; it takes one of the receives until then.
         *
         * @param again whether it was offered before; those behind it are offered meanwhile
         */
        boolean arrived(ByteBuffer payload, boolean again);
    }

    /** How long an acknowledgement waits for data that would carry it, and for more to be acknowledged. */
    private static final long DELAY_NANOS = 20_000;

    /** Of the window that the peer may have, the part after which an acknowledgement goes out at once: the peer shall not have to wait for it. */
    private static final int PARTS_OF_WINDOW = 4;

    /** Half of it is the window, which has to be more than what is kept free of it. */
    static final int SHORTEST_QUEUE = 2 * Outgoing.KEPT_FOR_CONTROL;

    /** Questions without an answer before waiting for the end only: as many as the peer keeps receives for. */
    private static final int MOST_PROBES = Outgoing.KEPT_FOR_PROBES;

    /** A link on which nothing moves is asked whether it lives. */
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** Without a sign of life for so long after a question, the link is gone: together less than the second in which a collective has to notice. */
    static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(650);

    private final FramePort port;
    private final int connection;
    private final User user;
    private final int window;
    private final Incoming incoming;
    private final Outgoing outgoing;
    private final FrameHeader in = new FrameHeader();
    private final FrameHeader out = new FrameHeader();
    private final Counters counters = new Counters();
    /** Send slots behind the window's, for control frames, and whether each is under way. */
    private final boolean[] controlBusy;

    private final boolean[] dataBusy;
    /** Slots of payloads that are due, and that the user could not take yet. */
    private final ArrayDeque<Integer> kept = new ArrayDeque<>();

    private long now;
    private int owedFrames;
    private long owedSince;
    private boolean owedAtOnce;
    private int probes;
    private long nextProbe;
    private long firstProbe;
    private long excused;
    private @Nullable String failure;

    /**
     * Begins on a connected port whose receives are not posted yet: posts them.
     *
     * @param connection a number that both ends know, so that frames of an earlier connection are not taken for this one's
     * @param peerReceives receives that the peer posts at first
     */
    ReliableFrames(FramePort port, int connection, int peerReceives, User user, long now) {
        this.port = port;
        this.connection = connection;
        this.user = user;
        this.window = window(port.sends(), port.receives(), peerReceives);
        this.incoming = new Incoming(window(port.receives(), port.receives(), port.receives()));
        this.outgoing = new Outgoing(window, peerReceives);
        this.dataBusy = new boolean[window];
        this.controlBusy = new boolean[port.sends() - window];
        this.now = now;
        this.excused = now;
        this.nextProbe = now + IDLE_NANOS;
        for (int slot = 0; slot < port.receives(); slot++) {
            post(slot);
        }
        port.flush();
    }

    /** Half of the least of them, a power of two: the other half is for control and for frames that are being dealt with. */
    private static int window(int sends, int receives, int peerReceives) {
        int least = Math.min(sends, Math.min(receives, peerReceives));
        if (least < SHORTEST_QUEUE) {
            throw new IllegalArgumentException("queues of " + least + " frames are too short");
        }
        return Integer.highestOneBit(least / 2);
    }

    /** What it counts; still being counted. */
    Counters counting() {
        return counters;
    }

    FrameCounters counters() {
        return counters.view();
    }

    /** Why nothing more will come or go; null while the link is good. */
    @Nullable
    String failure() {
        return failure;
    }

    /** The peer says that it does not look at its frames now: no answer means nothing. */
    void excuse(long time) {
        excused = time;
    }

    /** Whether all that was sent is there. */
    boolean drained() {
        return outgoing.idle();
    }

    /** Takes what came, sends what may go, asks when it is time; whether anything moved. */
    boolean progress(long time) {
        now = time;
        if (failure != null) {
            return false;
        }
        boolean moved = port.poll(this);
        outgoing.look(now);
        moved |= repair();
        moved |= sendData();
        acknowledge();
        watch();
        port.flush();
        return moved;
    }

    // ---------------------------------------------------------------- what comes

    @Override
    public void received(int slot, int bytes) {
        incoming.took();
        ByteBuffer frame = port.receiveFrame(slot);
        if (!in.decode(frame, bytes)) {
            counters.damaged.count();
            post(slot);
            return;
        }
        if (in.connection != connection) {
            post(slot);
            return;
        }
        counters.received.count();
        probes = 0;
        if (incoming.heard(in.transmission) && !outgoing.learn(in, now)) {
            failure = "the peer acknowledges what was never sent";
            return;
        }
        if (outgoing.idle()) {
            nextProbe = now + IDLE_NANOS;
        } else {
            nextProbe = Math.max(nextProbe, now + outgoing.timeout());
        }
        switch (in.kind) {
            case FrameHeader.DATA -> data(slot, frame);
            case FrameHeader.PROBE -> {
                owedFrames++;
                owedAtOnce = true;
                post(slot);
            }
            default -> post(slot);
        }
    }

    private void data(int slot, ByteBuffer frame) {
        if (owedFrames++ == 0) {
            owedSince = now;
        }
        switch (incoming.place(in.sequence, slot)) {
            case NEXT -> {
                deliver(slot, frame);
                for (int early = incoming.takeDue(); early >= 0; early = incoming.takeDue()) {
                    deliver(early, port.receiveFrame(early));
                }
            }
            case EARLY -> {
                counters.early.count();
                owedAtOnce = true;
            }
            case USELESS -> {
                counters.useless.count();
                incoming.useless(in.transmission);
                owedAtOnce = true;
                post(slot);
            }
        }
    }

    private void deliver(int slot, ByteBuffer frame) {
        if (user.arrived(frame, false)) {
            post(slot);
        } else {
            kept.add(slot);
        }
    }

    /** Whether there are payloads that have to be offered again. */
    boolean hasKept() {
        return !kept.isEmpty();
    }

    /** Offers them, in their order, while they are taken. */
    void deliverKept() {
        while (!kept.isEmpty() && user.arrived(port.receiveFrame(kept.element()), true)) {
            post(kept.remove());
        }
    }

    private void post(int slot) {
        port.postReceive(slot);
        incoming.posted();
    }

    @Override
    public void sent(int slot) {
        if (slot < window) {
            dataBusy[slot] = false;
        } else {
            controlBusy[slot - window] = false;
        }
    }

    // ---------------------------------------------------------------- what goes

    private boolean repair() {
        boolean any = false;
        while (outgoing.mustRepair()) {
            int sequence = outgoing.firstLost();
            int slot = slot(sequence);
            if (dataBusy[slot]) {
                break;
            }
            int bytes = outgoing.bytes(sequence);
            transmit(slot, FrameHeader.DATA, bytes, sequence, outgoing.sendAgain(sequence, now));
            counters.repaired.count();
            any = true;
        }
        return any;
    }

    private boolean sendData() {
        boolean any = false;
        while (outgoing.hasWindow()) {
            int sequence = outgoing.nextSequence();
            int slot = slot(sequence);
            if (dataBusy[slot]) {
                break;
            }
            ByteBuffer frame = port.sendFrame(slot).clear().position(FrameHeader.BYTES);
            if (!user.next(frame)) {
                break;
            }
            int bytes = frame.position() - FrameHeader.BYTES;
            if (outgoing.idle()) {
                // Nothing was under way: the peer has from now to answer.
                nextProbe = now + outgoing.timeout();
            }
            transmit(slot, FrameHeader.DATA, bytes, sequence, outgoing.send(bytes, now));
            any = true;
        }
        return any;
    }

    private void acknowledge() {
        if (owedFrames == 0) {
            return;
        }
        boolean due = owedAtOnce || owedFrames >= window / PARTS_OF_WINDOW || now - owedSince >= DELAY_NANOS;
        if (due && outgoing.room() > Outgoing.KEPT_FOR_PROBES && control(FrameHeader.ACKNOWLEDGEMENT)) {
            counters.acknowledgements.count();
        }
    }

    private void watch() {
        if (now - nextProbe < 0) {
            return;
        }
        if (probes > 0 && now - firstProbe >= SILENCE_NANOS && now - excused >= SILENCE_NANOS) {
            failure = "no answer for " + TimeUnit.NANOSECONDS.toMillis(now - firstProbe) + " ms";
            return;
        }
        if (probes < MOST_PROBES && outgoing.room() > 0 && control(FrameHeader.PROBE)) {
            firstProbe = probes == 0 ? now : firstProbe;
            counters.probes.count();
            probes++;
        }
        long pause = outgoing.timeout() << Math.min(probes, 5);
        if (probes > 0) {
            // On a slow link the pauses grow longer than what is left.
            long last = firstProbe - excused > 0 ? firstProbe : excused;
            pause = Math.min(pause, last + SILENCE_NANOS - now);
        }
        nextProbe = now + pause;
    }

    private boolean control(int kind) {
        for (int i = 0; i < controlBusy.length; i++) {
            if (!controlBusy[i]) {
                transmit(window + i, kind, 0, 0, outgoing.transmit(now));
                return true;
            }
        }
        return false;
    }

    private void transmit(int slot, int kind, int payload, int sequence, int transmission) {
        out.kind = kind;
        out.payload = payload;
        out.connection = connection;
        out.transmission = transmission;
        out.sequence = sequence;
        incoming.report(out);
        out.encode(port.sendFrame(slot));
        if (slot < window) {
            dataBusy[slot] = true;
        } else {
            controlBusy[slot - window] = true;
        }
        port.send(slot, FrameHeader.BYTES + payload);
        counters.sent.count();
        owedFrames = 0;
        owedAtOnce = false;
    }

    private int slot(int sequence) {
        return Integer.remainderUnsigned(sequence, window);
    }
}
