package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake on the command line ends in one line that says what to do. */
class CommandLineTest {
    @TempDir
    Path folder;

    private record Answer(int status, String errors) {}

    private static Answer run(String... arguments) {
        var errors = new StringWriter();
        int status = Main.commandLine()
                .setErr(new PrintWriter(errors, true))
                .setOut(new PrintWriter(new StringWriter(), true))
                .execute(arguments);
        return new Answer(status, errors.toString());
    }

    static Stream<String> mistakes() {
        return Stream.of(
                "frobnicate",
                "serve",
                "serve /no/such/folder",
                "serve /tmp --listen nonsense --user a --password-file /dev/null",
                "serve /tmp --signing sometimes --user a --password-file /no/such/file",
                "serve /tmp --share IPC$",
                "serve /tmp --users /no/such/users",
                "user",
                "user remove nobody --users /no/such/users",
                "user add a --password-file /dev/null --users /tmp/never-made",
                "user add a --users /tmp/never-made",
                "node --store /tmp",
                "serve /tmp --quota much",
                "serve /tmp --quota 0",
                "serve /tmp --quota 99999999T",
                "node --store /no/such/folder --model x",
                "node --store /tmp --model x --rank 3",
                "node --store http://x/y --model x",
                "node --store /tmp --model x --peers 127.0.0.1:7001,:7002",
                "node --store /tmp --model x --peers 0.0.0.0:7001,0.0.0.0:7002",
                "node --store /tmp --model x --peers :7001,127.0.0.1:0",
                "node --store /tmp --model x --peers :nothing,127.0.0.1:7002",
                "node --store /tmp --model x --peers :7001,127.0.0.1:7001",
                "node --store /tmp --model x --peers 127.0.0.1:7001,127.0.0.1:7001",
                "node --store /tmp --model x --peers 192.0.2.1:7001,127.0.0.1:7001",
                "node --store /tmp --model x --peers 127.0.0.1:7001,192.0.2.1:7001",
                "node --store /tmp --model x --peers :7001,no.such.host.invalid:7002",
                "node --store smb://a:b@127.0.0.1/x --model x",
                "models",
                "models make /tmp/never-made --shape enormous",
                "models make /tmp/never-made --type Q9",
                "models info /tmp x --nodes 0",
                "models put /no/such/file --to /tmp",
                "models put /etc/hostname --to /no/such/folder",
                "models put /etc/hostname --to smb://a@127.0.0.1/x --rdma-port 99999 --password-file /dev/null",
                "demo --tokens 0",
                "fabric plan",
                "fabric links",
                "fabric links /tmp",
                "fabric links smb://a@127.0.0.1/x --seconds 0 --password-file /dev/null",
                "fabric links --write --peers :7001,127.0.0.1:7002",
                "fabric plan 1",
                "fabric plan 9",
                "fabric plan a b:x",
                "fabric plan a a",
                "fabric plan 3 --ports 0",
                "fabric plan 4 --shape star",
                "doctor --peer 26.3");
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsOneLine(String line) {
        Answer answer = run(line.split(" "));
        assertThat(answer.status).as(answer.errors).isEqualTo(Main.USAGE);
        assertThat(answer.errors.strip().lines()).as(answer.errors).hasSize(1);
        assertThat(answer.errors).startsWith("penstock: ");
    }

    @Test
    void filesArePutIntoFoldersOfAStore() throws IOException {
        Path source = Files.write(folder.resolve("m.gguf"), new byte[20_000_000]);
        Path empty = Files.write(folder.resolve("empty"), new byte[0]);
        Path store = Files.createDirectory(folder.resolve("store"));
        Answer answer =
                run("models", "put", source.toString(), empty.toString(), "--to", store.toString(), "--folder", "a/b");
        assertThat(answer).isEqualTo(new Answer(0, ""));
        assertThat(store.resolve("a/b/m.gguf")).hasSameBinaryContentAs(source);
        assertThat(store.resolve("a/b/empty")).isEmptyFile();
    }

    @Test
    void aPeerThatNoAdapterLeadsToIsNamed() {
        Answer answer =
                run("node --store /tmp --model x --rdma-provider thunderbolt --peers :7001,127.0.0.1:7002".split(" "));
        assertThat(answer.status).isEqualTo(Main.FAILURE);
        assertThat(answer.errors.strip().lines()).as(answer.errors).hasSize(1);
        assertThat(answer.errors).contains("rank 1 at 127.0.0.1:7002", "thunderbolt");
    }

    @Test
    void aFileThatIsMissingIsNamed() {
        Answer answer = run("node", "--store", folder.toString(), "--model", "none.gguf");
        assertThat(answer.status).isEqualTo(Main.FAILURE);
        assertThat(answer.errors).contains("none.gguf").contains("no such file");
    }

    @Test
    void accountsAreAddedListedAndRemoved() throws IOException {
        Path users = folder.resolve("sub/users");
        Path password = Files.writeString(folder.resolve("password"), "secret\n");
        assertThat(run("user", "--users", users.toString(), "add", "ada", "--password-file", password.toString()))
                .isEqualTo(new Answer(0, ""));
        assertThat(Files.getPosixFilePermissions(users)).hasSize(2);
        assertThat(Files.readString(users)).startsWith("ada:").doesNotContain("secret");
        assertThat(run("user", "--users", users.toString(), "remove", "ada").status)
                .isZero();
        assertThat(run("user", "--users", users.toString(), "remove", "ada").status)
                .isEqualTo(Main.USAGE);
    }

    @Test
    void aModelIsMadeListedAndExplained() {
        Path model = folder.resolve("m.gguf");
        assertThat(run("models", "make", model.toString(), "--type", "F16")).isEqualTo(new Answer(0, ""));
        assertThat(run("models", "list", folder.toString())).isEqualTo(new Answer(0, ""));
        assertThat(run("models", "info", folder.toString(), "m.gguf", "--nodes", "2"))
                .isEqualTo(new Answer(0, ""));
        assertThat(run("models", "info", folder.toString(), "m.gguf", "--nodes", "3").errors)
                .contains("cannot be divided");
    }

    @Test
    void whereNoSmbDirectIsSpokenTheOptionIsNamed() throws IOException {
        Path password = Files.writeString(folder.resolve("password"), Store.PASSWORD + "\n");
        try (var store = new Store()) {
            int nobody = store.tcp().getPort();
            var answer = run(
                    "models",
                    "list",
                    "smb://" + Store.USER + "@127.0.0.1:" + nobody + "/" + Store.SHARE,
                    "--rdma-port",
                    Integer.toString(nobody),
                    "--password-file",
                    password.toString());
            assertThat(answer.status()).isEqualTo(1);
            assertThat(answer.errors().lines()).hasSize(1);
            assertThat(answer.errors()).contains("no SMB Direct", "--rdma-port");
        }
    }
}
