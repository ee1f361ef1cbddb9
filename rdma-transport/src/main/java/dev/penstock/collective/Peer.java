package dev.penstock.collective;

import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.QueuePair;
import org.jspecify.annotations.Nullable;

/** Another rank as this one sees it: the connection, and which of its two receive buffers has something. Of the group's thread. */
final class Peer implements ConnectionEvents {
    private final Collective group;
    private final int number;
    private @Nullable QueuePair pair;
    private @Nullable String lost;
    private @Nullable ConnectionParameters agreed;
    private final long[] bytes = new long[2];
    private int arrivals;
    private int releases;

    Peer(Collective group, int number) {
        this.group = group;
        this.number = number;
    }

    int number() {
        return number;
    }

    /** Begins with a new connection; both receives are posted. */
    void use(QueuePair fresh) {
        pair = fresh;
        lost = null;
        agreed = null;
        arrivals = 0;
        releases = 0;
        fresh.postReceive(0, group.receiveSpan(number, 0));
        fresh.postReceive(1, group.receiveSpan(number, 1));
    }

    boolean uses(QueuePair of) {
        return of.equals(pair);
    }

    QueuePair pair() {
        return java.util.Objects.requireNonNull(pair);
    }

    boolean connected() {
        return agreed != null && lost == null;
    }

    @Nullable
    ConnectionParameters agreed() {
        return agreed;
    }

    @Nullable
    String lost() {
        return lost;
    }

    void lose(String why) {
        if (lost == null) {
            lost = why;
        }
    }

    /** Counts as lost from now on, whatever its connection comes to. */
    void giveUp(String why) {
        lost = why;
        close();
        pair = null;
    }

    @Override
    public void established(QueuePair of, ConnectionParameters parameters) {
        if (of.equals(pair)) {
            agreed = parameters;
        }
    }

    @Override
    public void disconnected(QueuePair of, Disconnect cause) {
        if (of.equals(pair)) {
            lose(cause.detail());
        }
    }

    /** Fails where the rank is lost and has left nothing that could still be used. */
    void check() throws CollectiveException {
        String why = lost != null ? lost : group.silence(number);
        if (why != null && !hasArrived()) {
            throw new CollectiveException(number, "rank " + number + " is lost: " + why);
        }
    }

    /** Messages fill the buffers in turn. */
    void arrived(int slot, long length) {
        bytes[slot] = length;
        arrivals++;
    }

    boolean hasArrived() {
        return arrivals != releases;
    }

    int arrivedSlot() {
        return releases & 1;
    }

    long arrivedBytes() {
        return bytes[arrivedSlot()];
    }

    /** The buffer of the oldest message may be written again. */
    void release() {
        int slot = arrivedSlot();
        releases++;
        pair().postReceive(slot, group.receiveSpan(number, slot));
    }

    void close() {
        if (pair != null) {
            pair.close();
        }
    }
}
