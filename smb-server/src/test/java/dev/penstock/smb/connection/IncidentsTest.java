package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.apple.AppleDouble;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.volume.caching.FileCaching;
import dev.penstock.smb.volume.caching.Grant;
import dev.penstock.smb.volume.caching.LeaseId;
import dev.penstock.smb.volume.caching.Leases;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What went wrong in other servers and clients, tried here. The scavenger of CVE-2026-31718 is in DurablesTest, the loop in Spotlight's
 * unpacker of CVE-2023-34966 in RpcConversationTest, the interface list that macOS freed twice in NetworkInterfacesTest.
 */
class IncidentsTest {
    private static final Guid CLIENT = new Guid(1, 1);
    private static final int CMAC = NegotiateContext.SIGN_AES_CMAC;

    private final UserStore users = UserStore.inMemory();
    private final ServerState server = Servers.withoutShares(users);

    @BeforeEach
    void addUsers() throws IOException {
        users.add("ada", "Lovelace");
        users.add("bob", "Builder");
    }

    @Test
    @DisplayName("CVE-2026-23226: a race in the list of a session's channels gave one channel's signing key to another")
    void channelsThatComeAndGoTogetherHaveKeysOfTheirOwn() throws Exception {
        Peer first = loggedOn("ada");
        List<Callable<List<NtStatus>>> tasks = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            tasks.add(() -> {
                var wrong = new ArrayList<NtStatus>();
                for (int round = 0; round < 40; round++) {
                    var second = new Peer(server, CLIENT, CMAC);
                    expect(NtStatus.SUCCESS, second.bind(first, "ada", first.signingKey), wrong);
                    expect(Peer.WORKS, second.tryOut(second.signingKey), wrong);
                    boolean own = second.lastIsSignedWith(second.signingKey);
                    expect(NtStatus.SUCCESS, own ? NtStatus.SUCCESS : NtStatus.DATA_ERROR, wrong);
                    expect(NtStatus.ACCESS_DENIED, second.tryOut(first.signingKey), wrong);
                    second.connection.closed();
                }
                return wrong;
            });
        }
        try (var threads = Executors.newFixedThreadPool(tasks.size())) {
            for (Future<List<NtStatus>> result : threads.invokeAll(tasks)) {
                assertThat(result.get()).isEmpty();
            }
        }
        assertThat(first.tryOut(first.signingKey)).isEqualTo(Peer.WORKS);
        assertThat(server.counters().snapshot().bugs()).isZero();
    }

    private static void expect(NtStatus expected, NtStatus actual, List<NtStatus> wrong) {
        if (actual != expected) {
            wrong.add(actual);
        }
    }

    @Test
    @DisplayName("CVE-2026-31476: a binding that failed ended the session it was aimed at")
    void failedBindingsLeaveTheirVictimAlone() {
        Peer victim = loggedOn("ada");
        for (int i = 0; i < 20; i++) {
            var attacker = new Peer(server, i % 2 == 0 ? CLIENT : new Guid(9, i), CMAC);
            attacker.bind(victim, i % 3 == 0 ? "bob" : "nobody", i % 4 == 0 ? new byte[16] : null);
            attacker.send(new Logoff.Request(), null);
            assertThat(attacker.status()).isNotEqualTo(NtStatus.SUCCESS);
            attacker.connection.closed();
            assertThat(victim.tryOut(victim.signingKey)).isEqualTo(Peer.WORKS);
        }
    }

    @Test
    @DisplayName("CVE-2026-43376: an oplock's break used what its close had freed")
    void theTimerOfABreakDoesNotTouchTheLeaseThatCameAfter() {
        var lock = new ReentrantLock();
        var alarms = new ArrayList<Runnable>();
        var file = new FileCaching(lock, new Leases());
        // An alarm that is cancelled goes off all the same, just then: as one does that was already on its way.
        Grant first = lease(file, lock, (_, task) -> {
            alarms.add(task);
            return () -> {};
        });
        lock.lock();
        try {
            assertThat(file.mustWait(new FileCaching.Opening(AccessMask.FILE_ALL, false, false, true, null)))
                    .isTrue();
            file.closed(first, TOLD);
        } finally {
            lock.unlock();
        }
        Grant second = lease(file, lock, Alarms.NEVER);
        alarms.forEach(Runnable::run);
        assertThat(second.state()).isEqualTo(LeaseState.ALL);
        assertThat(file.acknowledgeLease(first, LeaseState.READ)).isEqualTo(NtStatus.UNSUCCESSFUL);
        assertThat(second.state()).isEqualTo(LeaseState.ALL);
    }

    private static Grant lease(FileCaching file, ReentrantLock lock, Alarms alarms) {
        lock.lock();
        try {
            var id = new LeaseId(CLIENT, new Guid(5, 5));
            var context = new LeaseContext(2, id.key(), LeaseState.ALL, 0, Guid.ZERO, 0);
            return file.grant(new FileCaching.Wish(id, context, LeaseState.ALL, false, false, false), TOLD, alarms);
        } finally {
            lock.unlock();
        }
    }

    private static final Holder TOLD = new Holder() {
        @Override
        public boolean breakOplock(int level) {
            return true;
        }

        @Override
        public boolean breakLease(LeaseBreak.Notification notification) {
            return true;
        }

        @Override
        public void expire() {
            throw new AssertionError("the client is there");
        }
    };

    @Test
    @DisplayName("CVE-2020-0796: the sizes in a compression header were added without a look at the sum")
    void aCompressedMessageEndsTheConnectionBeforeItsSizesAreLookedAt() {
        Peer peer = loggedOn("ada");
        var message = new WireWriter()
                .i32(0x424D53FC) // SMB2 COMPRESSION_TRANSFORM_HEADER, [MS-SMB2] 2.2.42.1
                .i32(-1)
                .u16(1)
                .u16(0)
                .i32(-1)
                .zeros(64);
        peer.connection.received(message.buffer());
        assertThat(peer.link.closed).isTrue();
        assertThat(server.counters().snapshot().bugs()).isZero();
    }

    @Test
    @DisplayName("CVE-2021-44142: an AppleDouble header whose entries point out of it")
    void anAppleDoubleThatPointsElsewhereIsRefused() {
        for (int offset : new int[] {-1, 0x7fff_ffff, 1 << 20, 3}) {
            var header = ByteBuffer.allocate(50)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putInt(0x0005_1607)
                    .putInt(0x0002_0000)
                    .position(24)
                    .putShort((short) 1)
                    .putInt(9) // the Finder's information
                    .putInt(offset)
                    .putInt(0x7fff_ffff)
                    .clear();
            assertThatExceptionOfType(MalformedMessage.class)
                    .as("offset %d", offset)
                    .isThrownBy(() -> AppleDouble.decode(header, 50));
        }
        assertThat(AfpInfo.finderInfo(new byte[59])).isNull();
    }

    @Test
    @DisplayName("ksmbd before authentication: frames shorter than a header, counts of bytes that are not there")
    void shortAndLyingFramesEndTheConnectionOrAreRefused() {
        for (int length = 0; length < 70; length++) {
            var link = new RecordingLink();
            var connection = new Connection(server, link, () -> {});
            var frame = new WireWriter().i32(0x424D53FE).u16(64).zeros(64);
            connection.received(frame.buffer().limit(Math.min(length, frame.position())));
            assertThat(link.closed || !link.sent.isEmpty())
                    .as("%d bytes", length)
                    .isTrue();
        }
        var lying = new RecordingLink();
        var opener = new WireWriter().i32(0x424D53FF).u8(0x72).zeros(27).u8(0).u16(0xffff);
        new Connection(server, lying, () -> {}).received(opener.buffer());
        assertThat(lying.closed).isTrue();
        assertThat(server.counters().snapshot().bugs()).isZero();
    }

    private Peer loggedOn(String user) {
        var peer = new Peer(server, CLIENT, CMAC);
        assertThat(peer.logOn(user)).isEqualTo(NtStatus.SUCCESS);
        return peer;
    }
}
