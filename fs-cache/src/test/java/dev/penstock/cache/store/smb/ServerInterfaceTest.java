package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ServerInterfaceTest {
    private static final int ENTRY = 152;

    /** As 2.2.32.5 draws it: Next, IfIndex, Capability, Reserved, LinkSpeed, SockAddr_Storage of 128 bytes. */
    private static void put(ByteBuffer into, int at, int next, int index, int capability, long speed, String address) {
        byte[] bytes = InetAddress.ofLiteral(address).getAddress();
        into.putInt(at, next)
                .putInt(at + 4, index)
                .putInt(at + 8, capability)
                .putLong(at + 16, speed)
                .putShort(at + 24, (short) (bytes.length == 4 ? 2 : 23))
                .put(at + (bytes.length == 4 ? 28 : 32), bytes);
    }

    private static ByteBuffer entries(int count) {
        return ByteBuffer.allocate(count * ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void addressesOfBothFamiliesAreRead() {
        var answer = entries(2);
        put(answer, 0, ENTRY, 2, 3, 40_000_000_000L, "10.77.1.1");
        put(answer, ENTRY, 0, 3, 1, 1_000_000_000, "fd00::1");
        assertThat(ServerInterface.decode(answer.array()))
                .containsExactly(
                        new ServerInterface(2, true, 40_000_000_000L, InetAddress.ofLiteral("10.77.1.1")),
                        new ServerInterface(3, false, 1_000_000_000, InetAddress.ofLiteral("fd00::1")));
    }

    @Test
    void addressesThatNobodyCanBeReachedByAreLeftOut() {
        var answer = entries(4);
        put(answer, 0, ENTRY, 2, 2, 1, "0.0.0.0");
        put(answer, ENTRY, ENTRY, 2, 2, 1, "224.0.0.1");
        put(answer, 2 * ENTRY, ENTRY, 2, 2, 1, "fe80::1");
        put(answer, 3 * ENTRY, 0, 2, 2, 1, "10.77.1.1");
        answer.putShort(2 * ENTRY + 24, (short) 23);
        assertThat(ServerInterface.decode(answer.array()))
                .extracting(ServerInterface::address)
                .containsExactly(InetAddress.ofLiteral("10.77.1.1"));
    }

    @Test
    void aListThatGoesRoundOrOutsideEnds() {
        var back = entries(2);
        put(back, 0, ENTRY, 2, 2, 1, "10.77.1.1");
        put(back, ENTRY, -ENTRY, 2, 2, 1, "10.77.1.2");
        assertThat(ServerInterface.decode(back.array())).hasSize(1);
        put(back, ENTRY, Integer.MAX_VALUE, 2, 2, 1, "10.77.1.2");
        assertThat(ServerInterface.decode(back.array())).hasSize(1);
        put(back, 0, 4, 2, 2, 1, "10.77.1.1");
        assertThat(ServerInterface.decode(back.array())).isEmpty();
        assertThat(ServerInterface.decode(new byte[0])).isEmpty();
    }

    @Test
    void noMoreAreReadThanALimit() {
        var many = entries(ServerInterface.MOST + 6);
        for (int i = 0; i < ServerInterface.MOST + 6; i++) {
            put(many, i * ENTRY, ENTRY, i, 2, 1, "10.77.1.1");
        }
        assertThat(ServerInterface.decode(many.array())).hasSize(ServerInterface.MOST);
    }
}
