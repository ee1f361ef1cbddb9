package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.volume.SharePreset;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server with a share, over the loopback, and the Macs that mount it. */
abstract class MacTest {
    static final String FINDER_INFO = "com.apple.FinderInfo";
    static final String RESOURCE_FORK = "com.apple.ResourceFork";
    static final String TAGS = "com.apple.metadata:_kMDItemUserTags";

    private static final SmbServerConfig.Sizes SMALL = new SmbServerConfig.Sizes(2, 4, 64, 64, 8 << 20, 4);

    @TempDir
    Path folder;

    /** What is shared as "models". */
    @TempDir
    Path models;

    final UserStore users = UserStore.inMemory();
    private final List<Mac> macs = new ArrayList<>();
    DiskShare share;
    DiskShare plain;
    SmbServer server;

    @BeforeEach
    void start() throws IOException {
        users.add("ada", "Lovelace");
        share = new DiskShare("media", folder, preset(), quota());
        plain = new DiskShare("models", models, SharePreset.MODELS);
        server = new SmbServer(SmbServerConfig.of(new InetSocketAddress("127.0.0.1", 0), List.of(share, plain), users)
                .withSizes(SMALL));
        server.start();
    }

    SharePreset preset() {
        return SharePreset.FINDER;
    }

    long quota() {
        return DiskShare.NO_QUOTA;
    }

    Mac mount(int generation) throws IOException {
        Mac mac = Mac.mount(server.addresses().getFirst(), users, "media", generation);
        macs.add(mac);
        return mac;
    }

    Mac mount() throws IOException {
        return mount(Mac.NEW);
    }

    /** What happens to a file is told in as many answers as it takes: a name, then what was written to it. */
    static void awaitChanges(Mac mac, MacFile window, MacWire.Waiting first, String... expected) throws IOException {
        var seen = new ArrayList<>(Mac.changes(first.get()));
        while (!seen.containsAll(List.of(expected))) {
            seen.addAll(Mac.changes(mac.watch(window).get()));
        }
    }

    @AfterEach
    void stop() {
        macs.forEach(Mac::close);
        server.close();
        await().untilAsserted(() -> assertThat(server.slabs().outstanding())
                .as("slabs that nobody gave back")
                .isZero());
        assertThat(server.counters().bugs()).isZero();
        assertThat(server.counters().malformed()).isZero();
        share.close();
        plain.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Type, creator and a red label. */
    static byte[] finderInfo(String typeAndCreator) {
        var info = new byte[32];
        System.arraycopy(typeAndCreator.getBytes(StandardCharsets.US_ASCII), 0, info, 0, 8);
        info[9] = 6 << 1;
        return info;
    }
}
