package dev.penstock.smb.connection;

import dev.penstock.smb.command.Payload;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.transport.RemoteMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A link that keeps what is sent, and runs everything on the caller's thread. */
final class RecordingLink implements Link {
    final List<ByteBuffer> sent = new ArrayList<>();
    final List<Runnable> scheduled = new ArrayList<>();
    boolean closed;

    @Override
    public String peer() {
        return "192.0.2.1";
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public void schedule(Runnable task, long millis) {
        scheduled.add(task);
    }

    @Override
    public void send(List<Payload> parts) {
        int length = parts.stream().mapToInt(Payload::length).sum();
        ByteBuffer whole = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (Payload part : parts) {
            whole.put(((Payload.Bytes) part).data().duplicate());
        }
        sent.add(whole.flip());
    }

    @Override
    public boolean sendsFiles() {
        return false;
    }

    @Override
    public RemoteMemory remoteMemory() {
        return null;
    }

    @Override
    public void close() {
        closed = true;
    }
}
