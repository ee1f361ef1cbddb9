package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of other makers against a store that is a process of its own. */
class ClientsIT {
    private static final int BYTES = 30_000_001;

    private static Store store;

    @TempDir
    Path local;

    @BeforeAll
    static void start() throws IOException {
        Tool.requirePeers();
        store = new Store("--signing", "optional");
    }

    @AfterAll
    static void stop() {
        if (store != null) {
            store.close();
        }
    }

    private Path randomFile(String name) throws IOException {
        byte[] bytes = new byte[BYTES];
        new Random(name.hashCode()).nextBytes(bytes);
        return Files.write(local.resolve(name), bytes);
    }

    private static String port() {
        return Integer.toString(store.tcp().getPort());
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "sign", "encrypt"})
    void smbclientDoesEverythingItCan(String protection) throws IOException {
        Path source = randomFile("source-" + protection);
        Path back = local.resolve("back");
        String d = "smbclient-" + protection;
        String script = String.join(
                "; ",
                "mkdir " + d,
                "put " + source + " " + d + "/a.bin",
                "ls " + d + "/*",
                "rename " + d + "/a.bin " + d + "/b.bin",
                "get " + d + "/B.BIN " + back,
                "mkdir " + d + "/deep",
                "put " + source + " " + d + "/deep/c.bin",
                "recurse on",
                "ls " + d + "/*",
                "del " + d + "/deep/c.bin",
                "rmdir " + d + "/deep",
                "del " + d + "/b.bin",
                "rmdir " + d);
        var result = Tool.run(
                120,
                Map.of(),
                List.of(
                        "smbclient",
                        "//127.0.0.1/" + Store.SHARE,
                        "-p",
                        port(),
                        "-U",
                        Store.USER + "%" + Store.PASSWORD,
                        "-s",
                        "/dev/null",
                        "--client-protection=" + protection,
                        "-c",
                        script));
        assertThat(result.output()).doesNotContain("NT_STATUS").contains("c.bin");
        result.succeeded();
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
        assertThat(store.folder().resolve(d)).doesNotExist();
    }

    @Test
    void smbclientListsTheShares() throws IOException {
        var result = Tool.run(
                60,
                Map.of(),
                List.of(
                        "smbclient",
                        "-L",
                        "//127.0.0.1",
                        "-p",
                        port(),
                        "-U",
                        Store.USER + "%" + Store.PASSWORD,
                        "-s",
                        "/dev/null"));
        assertThat(result.succeeded().output()).contains(Store.SHARE).contains("IPC$");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ncacn_np:127.0.0.1", "ncacn_np:127.0.0.1[ntlm,seal]", "ncacn_np:127.0.0.1[spnego,sign]"})
    void rpcclientLearnsWhoIsWho(String binding) throws IOException {
        var result = Tool.run(
                60,
                Map.of(),
                List.of(
                        "rpcclient",
                        binding,
                        "-p",
                        port(),
                        "-U",
                        Store.USER + "%" + Store.PASSWORD,
                        "-s",
                        "/dev/null",
                        "-c",
                        "getusername; lookupnames " + Store.USER
                                + " Everyone; lookupsids S-1-5-32-544 S-1-22-1-0; lsaquery"));
        assertThat(result.succeeded().output())
                .contains("Account Name: " + Store.USER)
                .containsPattern(Store.USER + " S-1-5-21-[0-9-]+-1000 \\(User: 1\\)")
                .contains("Everyone S-1-1-0", "BUILTIN\\Administrators", "Unix User\\0", "WORKGROUP");
    }

    @Test
    void aWrongPasswordIsRefused() throws IOException {
        var result = Tool.run(
                60,
                Map.of(),
                List.of(
                        "smbclient",
                        "//127.0.0.1/" + Store.SHARE,
                        "-p",
                        port(),
                        "-U",
                        Store.USER + "%wrong",
                        "-s",
                        "/dev/null",
                        "-c",
                        "ls"));
        assertThat(result.status()).isNotZero();
        assertThat(result.output()).contains("NT_STATUS_LOGON_FAILURE");
    }

    @Test
    void rcloneCopiesATreeThereAndBack() throws IOException {
        Path tree = Files.createDirectories(local.resolve("tree/sub"));
        for (int i = 0; i < 20; i++) {
            Files.writeString(tree.resolve("f" + i), "contents of " + i);
        }
        Files.copy(randomFile("large"), tree.resolve("large"));
        String password = Tool.run(20, Map.of(), List.of("rclone", "obscure", Store.PASSWORD))
                .output()
                .strip();
        String remote = ":smb,host=127.0.0.1,port=" + port() + ",user=" + Store.USER + ",pass=" + password + ":";
        String there = remote + Store.SHARE + "/rclone";
        var environment = Map.of("RCLONE_CONFIG", local.resolve("none.conf").toString());
        Tool.run(
                        120,
                        environment,
                        List.of("rclone", "copy", local.resolve("tree").toString(), there))
                .succeeded();
        Tool.run(
                        120,
                        environment,
                        List.of("rclone", "copy", there, local.resolve("back").toString()))
                .succeeded();
        assertThat(Files.mismatch(tree.resolve("large"), local.resolve("back/sub/large")))
                .isEqualTo(-1);
        assertThat(local.resolve("back/sub/f7")).hasContent("contents of 7");
        Tool.run(60, environment, List.of("rclone", "purge", there)).succeeded();
        assertThat(store.folder().resolve("rclone")).doesNotExist();
    }

    @Test
    void pythonsLibsmbclientReadsAndWrites() throws IOException {
        String script = """
                import smbc, sys
                c = smbc.Context()
                c.optionNoAutoAnonymousLogin = True
                c.functionAuthData = lambda *a: ("WORKGROUP", "%s", "%s")
                base = "smb://127.0.0.1:%s/%s"
                c.mkdir(base + "/py", 0o755)
                f = c.creat(base + "/py/a"); f.write(b"hello" * 1000); f.close()
                f = c.open(base + "/py/a"); data = f.read(5000); f.close()
                assert data == b"hello" * 1000, len(data)
                names = [e.name for e in c.opendir(base + "/py").getdents()]
                assert "a" in names, names
                c.unlink(base + "/py/a"); c.rmdir(base + "/py")
                print("ok")
                """.formatted(Store.USER, Store.PASSWORD, port(), Store.SHARE);
        var result = Tool.run(60, Map.of("HOME", local.toString()), List.of("/usr/bin/python3", "-c", script));
        assertThat(result.succeeded().output()).contains("ok");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNodesOwnStoreReadsOverTcpAndOverSmbDirect(boolean direct) throws IOException {
        Path source = Files.copy(randomFile("own-" + direct), store.folder().resolve("own-" + direct));
        String url = "smb://" + Store.USER + "@127.0.0.1:" + port() + "/" + Store.SHARE;
        var options = SmbStoreOptions.parse(url, direct ? store.rdma().getPort() : -1);
        try (var arena = Arena.ofShared();
                var files = SmbFileStore.open(options, Store.PASSWORD.toCharArray());
                var file = files.open("own-" + direct)) {
            var memory = Regions.map(BYTES, arena);
            try (var target = files.target(memory)) {
                file.read(0, target, 0, BYTES).join();
            }
            var expected = MemorySegment.ofArray(Files.readAllBytes(source));
            assertThat(memory.asSlice(0, BYTES).mismatch(expected)).isEqualTo(-1);
            assertThat(files.traffic().placed()).isEqualTo(direct ? BYTES : 0);
            assertThat(files.traffic().copied()).isEqualTo(direct ? 0 : BYTES);
        }
    }
}
