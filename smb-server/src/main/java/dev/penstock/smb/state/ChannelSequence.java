package dev.penstock.smb.state;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells requests that a client sends again after it lost a channel from those that may still be under way from before. [MS-SMB2] 3.3.5.2.10.
 * The number is 16 bits and goes round. Macs leave it at zero and only set the flag, which is good then: nothing is outstanding from
 * before. Thread-safe.
 */
public final class ChannelSequence {
    private final ReentrantLock lock = new ReentrantLock();

    /** Written under the lock; read without it where it has not changed. */
    private volatile int current;

    private int outstanding;
    private int outstandingBefore;

    /** A request that changes nothing: it is not counted, and costs a look where the sequence is as it was. */
    public void see(int sequence) {
        if (sequence != current) {
            lock.lock();
            try {
                advance(sequence);
            } finally {
                lock.unlock();
            }
        }
    }

    /** False where the sequence is an old one. With the lock held. */
    private boolean advance(int sequence) {
        if (sequence != current) {
            if ((sequence - current & 0xffff) > 0x7fff) {
                return false;
            }
            outstandingBefore += outstanding;
            outstanding = 0;
            current = sequence;
        }
        return true;
    }

    /**
     * A request starts.
     *
     * @param sequence of the request
     * @param replay whether it was sent before
     * @return false where it must not be done, if it changes anything: it is old, or what it repeats may still be under way
     */
    public boolean enter(int sequence, boolean replay) {
        lock.lock();
        try {
            if (!advance(sequence)) {
                return false;
            }
            if (replay && outstandingBefore != 0) {
                return false;
            }
            outstanding++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A request that {@link #enter} let in was answered. 3.3.4.1 */
    public void leave(int sequence) {
        lock.lock();
        try {
            if (sequence == current) {
                outstanding--;
            } else {
                outstandingBefore--;
            }
        } finally {
            lock.unlock();
        }
    }
}
