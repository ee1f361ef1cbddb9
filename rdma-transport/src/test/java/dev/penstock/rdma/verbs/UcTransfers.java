package dev.penstock.rdma.verbs;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;

/** What one end asks for, in order; the other end knows it too, so that it need not believe what it is told. */
final class UcTransfers implements Iterator<UcTransfers.Transfer> {
    /** Longest WRITE and READ: some frames more than are ever under way. */
    static final int LONGEST = 512 << 10;

    /** Longest SEND. */
    static final int LONGEST_SEND = 32 << 10;

    /** Bytes that both ends have, of which each transfer takes some. */
    static final int PATTERN = 8 << 20;

    enum Kind {
        WRITE,
        READ,
        SEND
    }

    /** Of the pattern's bytes those from an offset. */
    record Transfer(Kind kind, long number, int offset, int length) {}

    private final SplittableRandom random;
    private final long bytes;
    private long number;
    private long total;

    /**
     * All of one direction.
     *
     * @param bytes in total, at least
     */
    UcTransfers(long seed, long bytes) {
        this.random = new SplittableRandom(seed);
        this.bytes = bytes;
    }

    @Override
    public boolean hasNext() {
        return total < bytes;
    }

    @Override
    public Transfer next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        var kind = Kind.values()[random.nextInt(3)];
        int most = kind == Kind.SEND ? LONGEST_SEND : LONGEST;
        // One in three is short, within a frame or two.
        int length = 1 + random.nextInt(random.nextInt(3) == 0 ? 5000 : most);
        total += length;
        return new Transfer(kind, number++, random.nextInt(PATTERN - length), length);
    }

    /** Bytes of those given out. */
    long total() {
        return total;
    }
}
