package dev.penstock.smb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Writing to a share that does not let us, or whose client is gone in the middle of it. */
class MeasuredWritingTest {
    @TempDir
    Path folder;

    /** A share that refuses new files. */
    private record Refusing(Share share, NtStatus why) implements ShareOver {
        @Override
        public Outcome create(RequestContext context, Create.Request request) {
            return request.createDisposition() == Create.FILE_CREATE
                    ? Outcome.failed(why)
                    : share.create(context, request);
        }
    }

    private static SmbServer serve(Share share) throws IOException {
        var users = UserStore.inMemory();
        users.add("node", "secret");
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var server = new SmbServer(SmbServerConfig.of(any, List.of(share), users));
        server.start();
        return server;
    }

    private static SmbFileStore open(SmbServer server) throws IOException {
        int port = server.addresses().getFirst().getPort();
        var options = SmbStoreOptions.parse("smb://node@127.0.0.1:" + port + "/models", -1);
        return SmbFileStore.open(options, "secret".toCharArray());
    }

    @ParameterizedTest
    @CsvSource({
        "ACCESS_DENIED, the share does not let this user write there",
        "MEDIA_WRITE_PROTECTED, the share is read-only",
        "DISK_FULL, STATUS_DISK_FULL"
    })
    void whyItWasNotMeasuredIsSaid(NtStatus status, String said) throws Exception {
        try (var server = serve(new Refusing(new DiskShare("models", folder), status));
                var store = open(server)) {
            var written = store.measureWriting("127.0.0.1", "", Duration.ofSeconds(9));
            assertThat(written.bytesPerSecond()).isZero();
            assertThat(written.problem()).endsWith(said);
            assertThat(store.ways().getFirst().standing()).isTrue();
        }
    }

    @Test
    void theFileGoesWithAClientThatSaysNoWord() throws Exception {
        try (var server = serve(new DiskShare("models", folder))) {
            var store = open(server);
            var measuring = CompletableFuture.supplyAsync(() -> {
                try {
                    return store.measureWriting("127.0.0.1", "", Duration.ofSeconds(60));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            await().until(() -> written() > 0);
            store.close(); // ends the connection without a word to the server
            assertThat(measuring).as("what waits for an answer").failsWithin(Duration.ofSeconds(20));
            await().untilAsserted(() -> assertThat(folder.toFile().list()).isEmpty());
        }
    }

    private long written() {
        var there = folder.toFile().listFiles((_, name) -> name.endsWith(".scratch"));
        return there == null || there.length == 0 ? 0 : there[0].length();
    }
}
