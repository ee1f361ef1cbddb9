package dev.penstock.smbdirect;

import dev.penstock.memory.Lease;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Remembers what came. */
final class RecordingHandler implements SmbDirectConnection.Handler {
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<SmbDirectConnection.CloseReason> closed = new LinkedBlockingQueue<>();
    final List<Lease> held = new ArrayList<>();
    volatile boolean hold;
    volatile SmbDirectConnection connection;
    final BlockingQueue<SmbDirectConnection> opened = new LinkedBlockingQueue<>();

    @Override
    public void received(SmbDirectConnection c, Lease message) {
        connection = c;
        messages.add(message.memory().toArray(ValueLayout.JAVA_BYTE));
        if (hold) {
            held.add(message);
        } else {
            message.release();
        }
    }

    @Override
    public void closed(SmbDirectConnection c, SmbDirectConnection.CloseReason reason) {
        closed.add(reason);
    }

    byte[] nextMessage() throws InterruptedException {
        return java.util.Objects.requireNonNull(messages.poll(20, TimeUnit.SECONDS), "no message in time");
    }

    SmbDirectConnection.CloseReason nextClose() throws InterruptedException {
        return java.util.Objects.requireNonNull(closed.poll(20, TimeUnit.SECONDS), "not closed in time");
    }

    SmbDirectConnection.Handler accept(SmbDirectConnection c) {
        connection = c;
        opened.add(c);
        return this;
    }
}
