package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three machines with a cable for each pair, each cable a network of its own, as Macs are cabled by Thunderbolt: no machine has an address that both
 * others reach. Over iWARP.
 */
class MeshIT {
    /** Megabits a second of a cable. */
    private static final int LIMIT = 160;

    /** As {@code penstock fabric plan 3} prints them. */
    private static final List<String> PEERS = List.of(
            ":7001,10.77.1.2:7001,10.77.2.2:7001",
            "10.77.1.1:7001,:7001,10.77.3.2:7001",
            "10.77.2.1:7001,10.77.3.1:7001,:7001");

    /** Small, and with heads that three nodes can share. */
    static final ModelSpec MODEL =
            new ModelSpec(TensorType.Q8_0, 192, 2, 6, 3, 384, 512, 512, ModelSpec.VocabularyKind.SPM, false, false, 5);

    @TempDir
    Path folder;

    private Machines machines;

    @BeforeEach
    void cable() throws IOException {
        machines = new Machines(3);
        machines.cable(new Machines.End(0, "ab", "10.77.1.1/30"), new Machines.End(1, "ba", "10.77.1.2/30"), LIMIT);
        machines.cable(new Machines.End(0, "ac", "10.77.2.1/30"), new Machines.End(2, "ca", "10.77.2.2/30"), LIMIT);
        machines.cable(new Machines.End(1, "bc", "10.77.3.1/30"), new Machines.End(2, "cb", "10.77.3.2/30"), LIMIT);
        Files.writeString(folder.resolve("secret"), "nobody else\n");
    }

    @AfterEach
    void remove() throws Exception {
        if (machines != null) {
            machines.close();
        }
    }

    private Stream<String> peers(int rank) {
        return Stream.of(
                "--peers",
                PEERS.get(rank),
                "--rank",
                "" + rank,
                "--secret-file",
                folder.resolve("secret").toString());
    }

    @Test
    void threeNodesAnswerAsOneDoes() throws Exception {
        ModelMaker.make(folder.resolve("m.gguf"), MODEL, bytes -> {});
        node(0, Stream.of());
        String alone = answer();
        machines.stop();
        for (int rank = 0; rank < PEERS.size(); rank++) {
            node(rank, peers(rank));
        }
        assertThat(answer()).isEqualTo(alone).hasSizeGreaterThan(20);
        assertThat(machines.sent(0, "ab")).isPositive();
        assertThat(machines.sent(0, "ac")).isPositive();
        // What two of them add up goes by the cable between them.
        assertThat(machines.sent(1, "bc")).isGreaterThan(1 << 14);
    }

    private void node(int rank, Stream<String> more) throws IOException {
        var what = Stream.of("node", "--store", folder.toString(), "--model", "m.gguf", "--threads", "1");
        machines.start(rank, folder.resolve("node" + rank + ".log"), Stream.concat(what, more));
    }

    private String answer() throws IOException {
        Path log = folder.resolve("node0.log");
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(log).contains("ready: http"));
        var ask = Stream.of(
                "curl",
                "-s",
                "http://127.0.0.1:8080/v1/completions",
                "-d",
                "{\"prompt\":\"once upon\",\"max_tokens\":12,\"temperature\":0}");
        String answer = machines.run(60, 0, ask).succeeded().output();
        assertThat(answer).as(Files.readString(log)).contains("\"text\":");
        return answer.replaceAll("(?s).*\"text\":\"([^\"]*)\".*", "$1");
    }

    @Test
    void eachNodeMeasuresItsLinksAndNamesTheOneThatIsDown() throws Exception {
        var all = links("60");
        for (int rank = 0; rank < PEERS.size(); rank++) {
            assertThat(all.get(rank).status).as(all.get(rank).output).isZero();
            assertThat(all.get(rank).objects()).hasSize(2).allSatisfy(one -> {
                assertThat(one).contains("\"up\":true", "\"mtu\":1500", "\"device\":\"iwarp\"");
                for (String direction : List.of("sending", "receiving")) {
                    double speed =
                            Double.parseDouble(one.replaceAll(".*" + direction + "BytesPerSecond\":(\\d+).*", "$1"));
                    assertThat(8e-6 * speed).as(one).isBetween(0.5 * LIMIT, 1.2 * LIMIT);
                }
            });
            System.out.println(String.join("\n", all.get(rank).objects()));
        }
        assertThat(all.get(1).objects().get(1))
                .contains("\"rank\":2", "\"to\":\"10.77.3.2:7001\"", "\"interface\":\"bc\"", "\"from\":\"10.77.3.1\"");

        machines.set(1, "bc", "down");
        var cut = links("10");
        assertThat(cut).extracting(Outcome::status).containsExactly(0, 1, 1);
        assertThat(cut.get(0).objects()).hasSize(2).allMatch(one -> one.contains("\"up\":true"));
        assertThat(cut.get(1).objects())
                .filteredOn(one -> one.contains("\"up\":false"))
                .singleElement()
                .asString()
                .contains("\"rank\":2", "no route leads to");
        assertThat(cut.get(2).objects())
                .filteredOn(one -> one.contains("\"up\":false"))
                .singleElement()
                .asString()
                .contains("\"rank\":1", "\"interface\":\"cb\"", "has not joined", "is the cable in cb");
    }

    private record Outcome(int status, String output) {
        List<String> objects() {
            return output.lines().filter(line -> line.startsWith("{")).toList();
        }
    }

    /** What every machine says, all at once. */
    private List<Outcome> links(String wait) throws Exception {
        var running = new ArrayList<Process>();
        for (int rank = 0; rank < PEERS.size(); rank++) {
            var links = Stream.of("fabric", "links", "--json", "--wait", wait);
            Path log = folder.resolve("links" + rank + ".log");
            running.add(machines.start(rank, log, Stream.concat(links, peers(rank))));
        }
        var outcomes = new ArrayList<Outcome>();
        for (int rank = 0; rank < PEERS.size(); rank++) {
            assertThat(running.get(rank).waitFor(90, TimeUnit.SECONDS)).isTrue();
            outcomes.add(new Outcome(
                    running.get(rank).exitValue(), Files.readString(folder.resolve("links" + rank + ".log"))));
        }
        return outcomes;
    }
}
