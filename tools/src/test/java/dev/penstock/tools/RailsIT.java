package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two machines with four cables between them, as network namespaces: the store names its addresses, and the client uses all cables. An interface
 * is taken down as by {@code ip link}, which tells neither end of a connection. Over iWARP.
 */
class RailsIT {
    private static final int SERVER = 0;
    private static final int CLIENT = 1;
    private static final int CABLES = 4;
    private static final int BYTES = 128 << 20;

    /** Megabits a second of a cable: four together are what one processor moves with ease. */
    private static final int LIMIT = 160;

    private static final String STORE = "smb://" + Store.USER + "@10.77.1.1:4450/store";

    @TempDir
    Path folder;

    private Machines machines;

    @BeforeEach
    void cable() throws Exception {
        machines = new Machines(2);
        for (int i = 1; i <= CABLES; i++) {
            var there = new Machines.End(SERVER, "a" + i, "10.77." + i + ".1/30");
            var here = new Machines.End(CLIENT, "b" + i, "10.77." + i + ".2/30");
            machines.cable(there, here, LIMIT);
        }
        Files.createDirectory(folder.resolve("shared"));
        Files.writeString(folder.resolve("password"), Store.PASSWORD + "\n");
        var content = new byte[BYTES];
        new Random(6).nextBytes(content);
        Files.write(folder.resolve("f"), content);
        var serve = Stream.of("serve", folder.resolve("shared").toString(), "--share", "store", "--user", Store.USER);
        var where = Stream.of("--listen", "0.0.0.0:4450", "--rdma-listen", "0.0.0.0:5445", "--bonjour", "off");
        Path log = folder.resolve("serve.log");
        machines.start(SERVER, log, withPassword(Stream.concat(serve, where)));
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(log).contains("ready: smb-direct"));
    }

    @AfterEach
    void remove() throws Exception {
        if (machines != null) {
            machines.close();
        }
    }

    private Stream<String> withPassword(Stream<String> arguments) {
        return Stream.concat(
                arguments,
                Stream.of("--password-file", folder.resolve("password").toString()));
    }

    private Tool.Result links(String... more) throws IOException {
        var links = Stream.concat(Stream.of("fabric", "links", STORE, "--json"), Stream.of(more));
        return Tool.run(60, Map.of(), machines.penstock(CLIENT, withPassword(links)));
    }

    private static List<String> objects(Tool.Result result) {
        return result.output().lines().filter(line -> line.startsWith("{")).toList();
    }

    @Test
    void allCablesAreFoundMeasuredAndUsedAndOneMayBeLost() throws Exception {
        var put = Stream.of("models", "put", folder.resolve("f").toString(), "--to", STORE, "--folder", "m");
        Path log = folder.resolve("put.log");
        var putting = machines.start(CLIENT, log, withPassword(put));
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> machines.sent(CLIENT, "b3") > BYTES / 16);
        machines.set(SERVER, "a3", "down");
        assertThat(putting.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(putting.exitValue()).as(Files.readString(log)).isZero();
        assertThat(folder.resolve("shared/m").toFile().list()).containsExactly("f");
        assertThat(Files.mismatch(folder.resolve("f"), folder.resolve("shared/m/f")))
                .isEqualTo(-1);
        for (String each : List.of("b1", "b2", "b4")) {
            assertThat(machines.sent(CLIENT, each)).as(each).isGreaterThan(BYTES / 8);
        }

        // Named, it is down; the store itself does not name it now.
        var named = links("--rail", "10.77.2.1,10.77.3.1");
        assertThat(named.status()).as(named.output()).isEqualTo(1);
        assertThat(objects(named))
                .hasSize(3)
                .filteredOn(one -> one.contains("\"up\":false"))
                .singleElement()
                .asString()
                .contains("\"to\":\"10.77.3.1\"", "\"interface\":\"b3\"", "penstock doctor");

        machines.set(SERVER, "a3", "up");
        var all = links("--write").succeeded();
        assertThat(objects(all)).hasSize(CABLES).allSatisfy(one -> {
            assertThat(one).contains("\"up\":true", "\"mtu\":1500", "\"device\":\"iwarp sockets\"", "\"placed\":true");
            for (String direction : List.of("\"bytesPerSecond", "writingBytesPerSecond")) {
                double speed = Double.parseDouble(one.replaceAll(".*" + direction + "\":(\\d+).*", "$1"));
                assertThat(8e-6 * speed).as(one).isBetween(0.5 * LIMIT, 1.2 * LIMIT);
            }
        });
        assertThat(folder.resolve("shared").toFile().list()).containsExactly("m");
        System.out.println(String.join("\n", objects(all)));
    }

    @Test
    void whatIsMeasuredByWritingIsGoneWithAClientThatIsKilled() throws Exception {
        Path shared = folder.resolve("shared");
        var links = Stream.of("fabric", "links", STORE, "--write", "--seconds", "60");
        var measuring = machines.start(CLIENT, folder.resolve("links.log"), withPassword(links));
        // The store is empty, so that it begins with writing.
        await().atMost(Duration.ofSeconds(60)).until(() -> scratch(shared) > 1 << 20);
        measuring.destroyForcibly().waitFor();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(shared.toFile().list()).isEmpty());
    }

    /** Bytes of the scratch file; 0 where there is none. */
    private static long scratch(Path shared) {
        var there = shared.toFile().listFiles((_, name) -> name.endsWith(".scratch"));
        return there == null || there.length == 0 ? 0 : there[0].length();
    }
}
