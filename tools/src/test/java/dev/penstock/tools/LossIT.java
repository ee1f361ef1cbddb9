package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left when a process is killed: an error for whoever waits, and service for everybody else. */
class LossIT {
    private static final int BYTES = 256 << 20;

    @TempDir
    Path local;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsFailSoonWhenTheStoreIsKilled(boolean direct) throws IOException {
        try (var store = new Store();
                var arena = Arena.ofShared()) {
            try (var sparse =
                    new java.io.RandomAccessFile(store.folder().resolve("f").toFile(), "rw")) {
                sparse.setLength(BYTES);
            }
            String url = "smb://" + Store.USER + "@127.0.0.1:" + store.tcp().getPort() + "/" + Store.SHARE;
            var options = SmbStoreOptions.parse(url, direct ? store.rdma().getPort() : -1);
            var files = SmbFileStore.open(options, Store.PASSWORD.toCharArray());
            var file = files.open("f");
            var target = files.target(Regions.map(BYTES, arena));
            CompletableFuture<Void> reads = CompletableFuture.completedFuture(null);
            for (int i = 0; i < 20; i++) {
                reads = CompletableFuture.allOf(reads, file.read(0, target, 0, BYTES));
            }
            store.kill();
            var all = reads;
            assertThatThrownBy(() -> all.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(java.util.concurrent.ExecutionException.class)
                    .hasRootCauseInstanceOf(Exception.class);
        }
    }

    @Test
    void aClientThatIsKilledLeavesItsFilesClosedAndTheOthersServed() throws Exception {
        Tool.requirePeers();
        Path source = local.resolve("source");
        try (var sparse = new java.io.RandomAccessFile(source.toFile(), "rw")) {
            sparse.setLength(4L << 30);
        }
        try (var store = new Store("--signing", "optional")) {
            String port = Integer.toString(store.tcp().getPort());
            List<String> client = List.of(
                    "smbclient",
                    "//127.0.0.1/" + Store.SHARE,
                    "-p",
                    port,
                    "-U",
                    Store.USER + "%" + Store.PASSWORD,
                    "-s",
                    "/dev/null",
                    "-c");
            var put = new java.util.ArrayList<>(client);
            put.add("put " + source + " victim");
            var process = new ProcessBuilder(put)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Path victim = store.folder().resolve("victim");
            Awaitility.await().until(() -> Files.exists(victim) && Files.size(victim) > 0);
            process.destroyForcibly().waitFor();
            var delete = new java.util.ArrayList<>(client);
            delete.add("del victim; ls");
            Awaitility.await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
                var result = Tool.run(30, Map.of(), delete);
                assertThat(result.output()).doesNotContain("NT_STATUS_SHARING_VIOLATION");
                assertThat(victim).doesNotExist();
            });
        }
    }
}
