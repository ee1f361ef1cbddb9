package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.rdmap.SocketConnector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** What is said beside the frames once the greetings are exchanged: single bytes. */
final class SideChannel {
    /** The asking side has posted its receives: the other may send. */
    static final byte READY = 'R';

    /** All that was sent is acknowledged, and the sender leaves. */
    static final byte GOODBYE = 'G';

    /** The sender computes, and will look at its frames later. */
    static final byte BUSY = 'B';

    /** Nothing was said. */
    static final int NOTHING = 0;

    /** The peer is gone without a word. */
    static final int END = -1;

    private final SocketChannel channel;
    private final ByteBuffer one = ByteBuffer.allocate(1);
    private ByteBuffer early = ByteBuffer.allocate(0);

    SideChannel(SocketChannel channel) {
        this.channel = channel;
    }

    /** Words that came together with the greeting. */
    void heard(ByteBuffer words) {
        early = ByteBuffer.allocate(words.remaining()).put(words).flip();
    }

    /** Whether there is one to hear that the socket will not tell of. */
    boolean hasHeard() {
        return early.hasRemaining();
    }

    /** The next word, {@link #NOTHING} or {@link #END}. */
    int hear() throws IOException {
        if (early.hasRemaining()) {
            return early.get();
        }
        if (!channel.isOpen()) {
            return END;
        }
        int got = channel.read(one.clear());
        return got < 0 ? END : got == 0 ? NOTHING : one.get(0);
    }

    void say(byte word) throws IOException {
        SocketConnector.writeAll(channel, ByteBuffer.wrap(new byte[] {word}));
    }

    /** Says it if that takes no waiting. By any thread. */
    void mention(byte word) throws IOException {
        channel.write(ByteBuffer.wrap(new byte[] {word}));
    }

    void finish() throws IOException {
        channel.shutdownOutput();
    }

    void close() throws IOException {
        channel.close();
    }
}
