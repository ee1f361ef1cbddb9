package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.volume.SharePreset;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Time Machine asks of a share before it trusts it with a backup, and what it does with it. */
class TimeMachineTest extends MacTest {
    private static final long HALF_A_MINUTE = 30_000;
    private static final long QUOTA = 64 << 20;

    @Override
    long quota() {
        return QUOTA;
    }

    @Override
    SharePreset preset() {
        return SharePreset.TIMEMACHINE;
    }

    @ParameterizedTest
    @ValueSource(ints = {Mac.NEW, Mac.OLD})
    void theProbeFindsHandlesThatOutliveTheirConnectionAndAFlushThatIsOne(int generation) throws IOException {
        Mac mac = mount(generation);
        assertThat(mac.capabilities().volumeHas(Mac.FULL_SYNC)).isTrue();
        String name = ".com.apple.timemachine.supported-"
                + UUID.randomUUID().toString().toUpperCase(Locale.ROOT);
        int state = LeaseState.READ | LeaseState.HANDLE;
        try (MacFile probe = mac.open(MacCreate.open(name, MacCreate.READS | AccessMask.DELETE)
                .share(Create.FILE_SHARE_READ)
                .disposition(Create.FILE_OPEN_IF)
                .durable(MacSession.random(), 0)
                .lease(MacSession.random(), state, mac.folderKey("")))) {
            assertThat(probe.opened().createAction()).isEqualTo(Create.ACTION_CREATED);
            assertThat(probe.lease()).isEqualTo(state);
            assertThat(probe.contexts().durable).isGreaterThanOrEqualTo(HALF_A_MINUTE);
        }
        var files = new MacFiles(mac);
        files.delete(name);
        assertThat(files.list("")).isEmpty();
    }

    @Test
    void theQuotaIsWhatTheDiskHasAndWhatIsTakenOfItIsNotFree() throws IOException {
        Mac mac = mount();
        assertThat(mac.space()[0]).isEqualTo(QUOTA);
        assertThat(mac.space()[1]).isBetween(QUOTA - (1 << 16), QUOTA);
        var files = new MacFiles(mac);
        files.write("band", new byte[3 << 20]);
        files.setXattr("band", "com.apple.ResourceFork", new byte[1 << 20]);
        try (var again = new DiskShare("media", folder, preset(), QUOTA);
                var other = new SmbServer(
                        SmbServerConfig.of(new InetSocketAddress("127.0.0.1", 0), List.of(again), users))) {
            other.start();
            try (Mac late = Mac.mount(other.addresses().getFirst(), users, "media", Mac.NEW)) {
                assertThat(late.space()[1]).isBetween(QUOTA - (5 << 20), QUOTA - (4 << 20));
            }
        }
    }

    @Test
    void aBackupGoesOnWhereItWasWhenTheConnectionWasLost() throws IOException {
        Mac mac = mount();
        var files = new MacFiles(mac);
        files.makeFolder("Mac.sparsebundle");
        files.makeFolder("Mac.sparsebundle/bands");
        Guid guid = MacSession.random();
        MacFile band = mac.open(MacCreate.open("Mac.sparsebundle\\bands\\1a", MacCreate.READS | MacCreate.WRITES)
                .disposition(Create.FILE_OPEN_IF)
                .durable(guid, 2 * HALF_A_MINUTE)
                .lease(MacSession.random(), LeaseState.ALL, mac.folderKey("Mac.sparsebundle\\bands")));
        assertThat(band.contexts().durable).as("as long as was asked for").isEqualTo(2 * HALF_A_MINUTE);
        byte[] part = new byte[1 << 20];
        band.write(0, part);
        band.fullSync();
        long before = server.counters().disconnections();
        mac.lose();
        await().until(() -> server.counters().disconnections() > before);
        mac.comeBack();
        band.takeBack(guid);
        band.write(part.length, part);
        band.fullSync();
        band.close();
        assertThat(Files.size(folder.resolve("Mac.sparsebundle/bands/1a"))).isEqualTo(2L * part.length);
    }
}
