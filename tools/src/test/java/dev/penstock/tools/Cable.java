package dev.penstock.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A way to a TCP port that can be pulled out as a cable is: from then on nothing comes through in either direction, and neither end is told. What
 * was under way on it is gone; connections made after it was plugged in again work.
 */
final class Cable implements AutoCloseable {
    private static final int PIECE = 64 << 10;
    private static final long MOST_OVERSLEPT_NANOS = 20_000_000;

    private final ServerSocket listening;
    private volatile InetSocketAddress to;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong carried = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition plugged = lock.newCondition();
    private final long bytesPerSecond;
    private long busyUntil = System.nanoTime();
    private boolean out;
    private int age;
    private volatile long pulledAt;

    Cable(InetSocketAddress to) throws IOException {
        this(to, 0);
    }

    /**
     * A cable of limited speed.
     *
     * @param bytesPerSecond both directions together; 0 for as fast as it goes
     */
    Cable(InetSocketAddress to, long bytesPerSecond) throws IOException {
        this.to = to;
        this.bytesPerSecond = bytesPerSecond;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("cable").start(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.getLocalPort());
    }

    /** Bytes that came through, both directions together. */
    long carried() {
        return carried.get();
    }

    void pullOut() {
        lock.lock();
        try {
            out = true;
            age++;
            pulledAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /** When it was pulled out, of {@link System#nanoTime}. */
    long pulledAt() {
        return pulledAt;
    }

    /** Leads to another port from now on. */
    Cable leadTo(InetSocketAddress other) {
        to = other;
        return this;
    }

    void plugIn() {
        lock.lock();
        try {
            out = false;
            plugged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                var from = listening.accept();
                sockets.add(from);
                Thread.ofPlatform().daemon().name("cable").start(() -> connect(from));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void connect(Socket from) {
        try {
            int of = awaitPlugged();
            var there = new Socket();
            sockets.add(there);
            there.connect(to);
            there.setTcpNoDelay(true);
            from.setTcpNoDelay(true);
            Thread.ofPlatform().daemon().name("cable").start(() -> carry(there, from, of));
            carry(from, there, of);
        } catch (IOException e) {
            close(from);
        }
    }

    private int awaitPlugged() {
        lock.lock();
        try {
            while (out) {
                plugged.awaitUninterruptibly();
            }
            return age;
        } finally {
            lock.unlock();
        }
    }

    private boolean isWhole(int of) {
        lock.lock();
        try {
            return age == of;
        } finally {
            lock.unlock();
        }
    }

    private void carry(Socket from, Socket into, int of) {
        var piece = new byte[PIECE];
        try {
            InputStream in = from.getInputStream();
            OutputStream onward = into.getOutputStream();
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                if (!isWhole(of)) {
                    return; // and says nothing to either end
                }
                takeTime(n);
                onward.write(piece, 0, n);
                carried.addAndGet(n);
            }
        } catch (IOException e) {
            // an end has closed it, which the other is told below
        }
        if (isWhole(of)) {
            close(from);
            close(into);
        }
    }

    /** What a piece takes on a cable of that speed, after those before it. A cable that was idle has not saved time. */
    private void takeTime(int bytes) {
        if (bytesPerSecond == 0) {
            return;
        }
        long until;
        lock.lock();
        try {
            long now = System.nanoTime();
            // What the system oversleeps is made up for, so that the speed is right over the time of a few pieces.
            busyUntil = Math.max(busyUntil, now - MOST_OVERSLEPT_NANOS) + bytes * 1_000_000_000L / bytesPerSecond;
            until = busyUntil;
        } finally {
            lock.unlock();
        }
        LockSupport.parkNanos(until - System.nanoTime());
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        sockets.forEach(Cable::close);
    }
}
