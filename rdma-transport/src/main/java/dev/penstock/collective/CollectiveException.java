package dev.penstock.collective;

import java.io.IOException;

/** A group that did not come about, or that has lost a rank. After one of these in an operation the group is of no more use. */
public final class CollectiveException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int rank;

    /**
     * A failure.
     *
     * @param rank whose, or -1
     */
    public CollectiveException(int rank, String message) {
        super(message);
        this.rank = rank;
    }

    /** The rank that is lost or late; -1 where that is not known. */
    public int rank() {
        return rank;
    }
}
