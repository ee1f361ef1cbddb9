package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two machines with four cables between them, as network namespaces: the store names its addresses, and the client uses all cables. An interface
 * is taken down as by {@code ip link}, which tells neither end of a connection. Over iWARP.
 */
class RailsIT {
    private static final int CABLES = 4;
    private static final int BYTES = 128 << 20;

    /** Megabits a second of a cable: four together are what one processor moves with ease. */
    private static final int LIMIT = 160;

    private static final String STORE = "smb://" + Store.USER + "@10.77.1.1:4450/store";

    @TempDir
    Path folder;

    private final String suffix = Long.toString(ProcessHandle.current().pid(), 36);
    private final String server = "pensta" + suffix;
    private final String client = "penstb" + suffix;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void cable() throws Exception {
        var made = ip("netns", "add", server);
        Assumptions.assumeTrue(made.status() == 0, "no network namespaces here: " + made.output());
        ip("netns", "add", client).succeeded();
        for (int i = 1; i <= CABLES; i++) {
            ip("link", "add", "a" + i, "netns", server, "type", "veth", "peer", "name", "b" + i, "netns", client)
                    .succeeded();
            end(server, "a" + i, "10.77." + i + ".1/30");
            end(client, "b" + i, "10.77." + i + ".2/30");
        }
        Files.createDirectory(folder.resolve("shared"));
        Files.writeString(folder.resolve("password"), Store.PASSWORD + "\n");
        var content = new byte[BYTES];
        new Random(6).nextBytes(content);
        Files.write(folder.resolve("f"), content);
        var serve = Stream.of("serve", folder.resolve("shared").toString(), "--share", "store", "--user", Store.USER);
        var where = Stream.of("--listen", "0.0.0.0:4450", "--rdma-listen", "0.0.0.0:5445", "--bonjour", "off");
        Path log = folder.resolve("serve.log");
        processes.add(new ProcessBuilder(penstock(server, Stream.concat(serve, where)))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start());
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(log).contains("ready: smb-direct"));
    }

    private void end(String machine, String name, String address) throws IOException {
        ip("-n", machine, "addr", "add", address, "dev", name).succeeded();
        ip("-n", machine, "link", "set", name, "up").succeeded();
        var limit = List.of("qdisc", "add", "dev", name, "root", "tbf", "rate", LIMIT + "mbit", "burst", "256kb");
        var command = new ArrayList<>(List.of("tc", "-n", machine));
        command.addAll(limit);
        command.addAll(List.of("latency", "100ms"));
        Tool.run(20, Map.of(), command).succeeded();
    }

    @AfterEach
    void remove() throws Exception {
        for (Process process : processes) {
            process.destroy();
            process.waitFor(20, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
        ip("netns", "del", server);
        ip("netns", "del", client);
    }

    private static Tool.Result ip(String... arguments) throws IOException {
        return Tool.run(
                20,
                Map.of(),
                Stream.concat(Stream.of("ip"), Stream.of(arguments)).toList());
    }

    /** A command of this same build on one of the machines. */
    private List<String> penstock(String machine, Stream<String> arguments) {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", machine));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments.toList());
        command.addAll(List.of("--password-file", folder.resolve("password").toString()));
        return command;
    }

    private Tool.Result links(String... more) throws IOException {
        var links = Stream.of("fabric", "links", STORE, "--json");
        return Tool.run(60, Map.of(), penstock(client, Stream.concat(links, Stream.of(more))));
    }

    private static List<String> objects(Tool.Result result) {
        return result.output().lines().filter(line -> line.startsWith("{")).toList();
    }

    @Test
    void allCablesAreFoundMeasuredAndUsedAndOneMayBeLost() throws Exception {
        var put = Stream.of("models", "put", folder.resolve("f").toString(), "--to", STORE, "--folder", "m");
        Path log = folder.resolve("put.log");
        var putting = new ProcessBuilder(penstock(client, put))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        processes.add(putting);
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> carried("b3") > BYTES / 16);
        ip("-n", server, "link", "set", "a3", "down").succeeded();
        assertThat(putting.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(putting.exitValue()).as(Files.readString(log)).isZero();
        assertThat(folder.resolve("shared/m").toFile().list()).containsExactly("f");
        assertThat(Files.mismatch(folder.resolve("f"), folder.resolve("shared/m/f")))
                .isEqualTo(-1);
        for (String each : List.of("b1", "b2", "b4")) {
            assertThat(carried(each)).as(each).isGreaterThan(BYTES / 8);
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

        ip("-n", server, "link", "set", "a3", "up").succeeded();
        var all = links().succeeded();
        assertThat(objects(all)).hasSize(CABLES).allSatisfy(one -> {
            assertThat(one).contains("\"up\":true", "\"mtu\":1500", "\"device\":\"iwarp sockets\"", "\"placed\":true");
            double speed = Double.parseDouble(one.replaceAll(".*bytesPerSecond\":(\\d+).*", "$1"));
            assertThat(8e-6 * speed).isBetween(0.5 * LIMIT, 1.2 * LIMIT);
        });
        System.out.println(String.join("\n", objects(all)));
    }

    /** Bytes that the client has sent by a cable. */
    private long carried(String name) throws IOException {
        var shown = Tool.run(
                20,
                Map.of(),
                List.of("ip", "netns", "exec", client, "cat", "/sys/class/net/" + name + "/statistics/tx_bytes"));
        return Long.parseLong(shown.succeeded().output().strip());
    }
}
