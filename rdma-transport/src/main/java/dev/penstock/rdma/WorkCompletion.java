package dev.penstock.rdma;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One finished request: a mutable record that is filled by {@link CompletionQueue#poll} over and over. Of one thread. */
public final class WorkCompletion {
    /** What was asked for. */
    public enum Opcode {
        /** A message came in. */
        RECEIVE,
        /** A message went out. */
        SEND,
        /** An RDMA WRITE. */
        WRITE,
        /** An RDMA READ. */
        READ
    }

    private @Nullable QueuePair pair;
    private long id;
    private RdmaStatus status = RdmaStatus.SUCCESS;
    private Opcode opcode = Opcode.SEND;
    private long length;
    private boolean invalidated;
    private int invalidatedKey;

    /** Whose request it was. */
    public QueuePair queuePair() {
        return Objects.requireNonNull(pair, "not yet filled");
    }

    /** The number that the request was posted with. */
    public long id() {
        return id;
    }

    /** How it ended. */
    public RdmaStatus status() {
        return status;
    }

    /** Whether it ended well. */
    public boolean succeeded() {
        return status == RdmaStatus.SUCCESS;
    }

    /** What it was. */
    public Opcode opcode() {
        return opcode;
    }

    /** Bytes moved; of a receive, the length of the message. */
    public long length() {
        return length;
    }

    /** Whether the received message ended a window of ours. */
    public boolean invalidated() {
        return invalidated;
    }

    /** The key of that window. */
    public int invalidatedKey() {
        return invalidatedKey;
    }

    /** For providers: fills in what every completion has. */
    public WorkCompletion fill(QueuePair of, Opcode what, long number, RdmaStatus how, long bytes) {
        this.pair = of;
        this.opcode = what;
        this.id = number;
        this.status = how;
        this.length = bytes;
        this.invalidated = false;
        return this;
    }

    /** For providers: adds the key that a received message ended. */
    public void fillInvalidated(int key) {
        this.invalidated = true;
        this.invalidatedKey = key;
    }

    /** Copies all from another. */
    public void copyFrom(WorkCompletion other) {
        this.pair = other.pair;
        this.opcode = other.opcode;
        this.id = other.id;
        this.status = other.status;
        this.length = other.length;
        this.invalidated = other.invalidated;
        this.invalidatedKey = other.invalidatedKey;
    }
}
