package dev.penstock.smb.metrics;

import java.util.concurrent.atomic.LongAdder;

/** What the server has done since it was started. Thread-safe; a reader sees a moment's view. */
public final class Counters {
    /** Connections accepted. */
    public final LongAdder connections = new LongAdder();

    /** Connections that ended. */
    public final LongAdder disconnections = new LongAdder();

    /** Connections refused because of a limit. */
    public final LongAdder refused = new LongAdder();

    /** Requests received, each member of a compound by itself. */
    public final LongAdder requests = new LongAdder();

    /** Messages that ended their connection because they broke a rule. */
    public final LongAdder malformed = new LongAdder();

    /** Sessions set up. */
    public final LongAdder sessions = new LongAdder();

    /** Logons refused. */
    public final LongAdder logonFailures = new LongAdder();

    /** Wrong signatures, and encrypted messages that did not decrypt. */
    public final LongAdder integrityFailures = new LongAdder();

    /** Bytes of file contents answered to READ in messages. */
    public final LongAdder bytesRead = new LongAdder();

    /** Bytes of file contents taken from WRITE messages. */
    public final LongAdder bytesWritten = new LongAdder();

    /** Bytes of file contents placed in clients' memory by RDMA. */
    public final LongAdder rdmaBytesRead = new LongAdder();

    /** Bytes of file contents fetched from clients' memory by RDMA. */
    public final LongAdder rdmaBytesWritten = new LongAdder();

    /** Requests answered with an error because no slab was free. */
    public final LongAdder slabsExhausted = new LongAdder();

    /** Defects of our own that were caught. */
    public final LongAdder bugs = new LongAdder();

    /** All of them now. */
    public Snapshot snapshot() {
        return new Snapshot(
                connections.sum(),
                disconnections.sum(),
                refused.sum(),
                requests.sum(),
                malformed.sum(),
                sessions.sum(),
                logonFailures.sum(),
                integrityFailures.sum(),
                bytesRead.sum(),
                bytesWritten.sum(),
                rdmaBytesRead.sum(),
                rdmaBytesWritten.sum(),
                slabsExhausted.sum(),
                bugs.sum());
    }

    /** The counters at one moment, under the same names. */
    public record Snapshot(
            long connections,
            long disconnections,
            long refused,
            long requests,
            long malformed,
            long sessions,
            long logonFailures,
            long integrityFailures,
            long bytesRead,
            long bytesWritten,
            long rdmaBytesRead,
            long rdmaBytesWritten,
            long slabsExhausted,
            long bugs) {}
}
