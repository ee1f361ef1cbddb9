package dev.penstock.smb.state;

import java.util.concurrent.locks.ReentrantLock;

/** The numbers of the lock requests that succeeded, by which one sent again is known. [MS-SMB2] 3.3.5.14. Thread-safe. */
public final class LockSequence {
    /** Indices from 1; anything else is not remembered. */
    private static final int MOST = 64;

    private static final byte INVALID = -1;

    private final ReentrantLock lock = new ReentrantLock();
    private byte @org.jspecify.annotations.Nullable [] numbers;

    /** True where this very request has succeeded before. Otherwise whatever was remembered there is forgotten. */
    public boolean isRepeated(int sequence) {
        int index = sequence >>> 4;
        if (index < 1 || index > MOST) {
            return false;
        }
        lock.lock();
        try {
            if (numbers == null) {
                return false;
            }
            boolean repeated = numbers[index - 1] == (sequence & 0xf);
            if (!repeated) {
                numbers[index - 1] = INVALID;
            }
            return repeated;
        } finally {
            lock.unlock();
        }
    }

    /** The request has succeeded. */
    public void succeeded(int sequence) {
        int index = sequence >>> 4;
        if (index < 1 || index > MOST) {
            return;
        }
        lock.lock();
        try {
            if (numbers == null) {
                numbers = new byte[MOST];
                java.util.Arrays.fill(numbers, INVALID);
            }
            numbers[index - 1] = (byte) (sequence & 0xf);
        } finally {
            lock.unlock();
        }
    }
}
