package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.Machine;
import dev.penstock.rdma.rdmap.SocketQueue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A completion queue over side channels and ports. The ports tell of nothing by themselves, they have to be polled: so an idle queue gives way to
 * others at first, naps for the time of a few round trips then, and after a while for a thousandth of a second. Owned by the thread that polls.
 */
final class ThunderboltQueue extends SocketQueue {
    /**
     * Without traffic for so long, it naps: until then it only gives way, since the peer's frames come sooner than a kernel's timer wakes anybody, and on a
     * processor that both have to share they come when it is given away.
     */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long SHORT_NAP_NANOS = 20_000;
    private static final long LONG_NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Without traffic for so long, naps are long. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Between two looks at the side channels, each a system call: they say when a connection begins and ends, and nothing that frames wait for. */
    private static final long LOOK_NANOS = 500_000;

    /** The same in turns. */
    private static final int LOOK_TURNS = 32;

    private final List<ThunderboltStream> streams = new ArrayList<>();
    private boolean moved;
    private long lastMoved;
    private long lastLook;
    private int turnsToLook;
    /** Of the last turn. */
    private long now;

    ThunderboltQueue(int depth, Machine machine) throws IOException {
        super(depth, machine);
        now = machine.nanoTime();
        lastMoved = now;
        lastLook = now - LOOK_NANOS;
    }

    void add(ThunderboltStream stream) {
        streams.add(stream);
    }

    void remove(ThunderboltStream stream) {
        streams.remove(stream);
    }

    @Override
    protected void progress() {
        now = nanoTime();
        if (streams.isEmpty() || now - lastLook >= LOOK_NANOS || --turnsToLook <= 0) {
            lastLook = now;
            turnsToLook = LOOK_TURNS;
            selectNow();
            expireDue();
        }
        moved = false;
        // By index: a stream may end, and leave the list, in its own turn.
        for (int i = streams.size() - 1; i >= 0; i--) {
            moved |= streams.get(i).progress(now);
        }
        if (moved) {
            lastMoved = now;
        }
    }

    @Override
    protected void flush() {
        // The streams do, in their turn.
    }

    @Override
    protected boolean hasWork() {
        return moved;
    }

    @Override
    public boolean await(long nanos) {
        if (streams.isEmpty() || ready() || hasWork()) {
            return super.await(nanos);
        }
        long idle = now - lastMoved;
        if (idle < PATIENCE_NANOS) {
            machine().giveWay();
            return true;
        }
        long nap = idle > QUIET_NANOS ? LONG_NAP_NANOS : SHORT_NAP_NANOS;
        machine().nap(Math.min(nanos, nap));
        return nanos > nap;
    }

    /** Brings out first what closed connections still have, as a kernel does for closed sockets; a second at most. */
    @Override
    public void close() {
        long end = nanoTime() + ThunderboltStream.LINGER_NANOS;
        while (streams.stream().anyMatch(ThunderboltStream::isLeaving) && nanoTime() - end < 0) {
            progress();
            if (!moved) {
                machine().nap(SHORT_NAP_NANOS);
            }
        }
        for (ThunderboltStream stream : List.copyOf(streams)) {
            stream.close();
        }
        super.close();
    }
}
