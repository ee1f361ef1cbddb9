package dev.penstock.smb.connection;

import dev.penstock.smb.command.Payload;
import dev.penstock.smb.transport.Link;
import dev.penstock.smb.transport.RemoteMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A link that keeps what is sent, and runs everything on the caller's thread. */
class RecordingLink implements Link {
    final List<ByteBuffer> sent = new ArrayList<>();
    final List<Runnable> scheduled = new ArrayList<>();
    boolean closed;
    boolean silent;

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
    public boolean isSilent(long millis) {
        return silent;
    }

    @Override
    public void send(List<Payload> parts) {
        int length = parts.stream().mapToInt(Payload::length).sum();
        ByteBuffer whole = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (Payload part : parts) {
            switch (part) {
                case Payload.Bytes bytes -> whole.put(bytes.data().duplicate());
                case Payload.Slab slab ->
                    whole.put(slab.lease().memory().asByteBuffer().slice(slab.offset(), slab.length()));
                case Payload.FileRange _ -> throw new AssertionError("this link cannot send files");
            }
            part.release();
        }
        sent.add(whole.flip());
    }

    /** Everything that follows from what was received has been done. */
    void settle() {}

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
