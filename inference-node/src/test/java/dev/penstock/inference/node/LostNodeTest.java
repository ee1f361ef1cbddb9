package dev.penstock.inference.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import java.io.BufferedReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes as processes; one is killed while it answers, and comes back. */
class LostNodeTest {
    @TempDir
    Path folder;

    @Test
    void aRequestUnderWayHearsAtOnceThatANodeWasKilledAndLaterOnesAreAnsweredWhenItIsBack() throws Exception {
        Path model = folder.resolve("m.gguf");
        ModelMaker.make(model, ModelSpec.named("tiny", TensorType.Q8_0, 5), bytes -> {});
        List<Integer> ports = RankProcess.freePorts(2);
        var processes = new ArrayList<Process>();
        try {
            for (int rank = 0; rank < 2; rank++) {
                processes.add(RankProcess.start("serve", model, rank, ports, 1, 0));
            }
            String ready = processes.getFirst().inputReader().readLine();
            assertThat(ready).startsWith("ready ");
            var base = "http://127.0.0.1:" + ready.substring(6);
            var request = open(base + "/v1/completions");
            request.setDoOutput(true);
            request.getOutputStream()
                    .write("{\"prompt\": [1, 2], \"max_tokens\": 4000, \"stream\": true, \"temperature\": 5}"
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(request.getResponseCode()).isEqualTo(200);
            try (var lines = new BufferedReader(
                    new java.io.InputStreamReader(request.getInputStream(), StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).startsWith("data: {\"id\"");
                processes.getLast().destroyForcibly();
                long killed = System.nanoTime();
                List<String> rest = lines.lines().filter(l -> !l.isEmpty()).toList();
                assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(5));
                assertThat(rest.getLast()).contains("\"error\"").contains("node 1 is lost");
            }
            assertThat(open(base + "/health").getResponseCode()).isEqualTo(503);
            processes.add(RankProcess.start("serve", model, 1, ports, 1, 0));
            assertThat(processes.getLast().inputReader().readLine()).startsWith("ready ");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> open(base + "/health").getResponseCode() == 200);
            var again = open(base + "/v1/completions");
            again.setDoOutput(true);
            again.getOutputStream().write("{\"prompt\": [1, 2], \"max_tokens\": 3}".getBytes(StandardCharsets.UTF_8));
            assertThat(again.getResponseCode()).isEqualTo(200);
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static HttpURLConnection open(String address) throws Exception {
        var connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setReadTimeout(30_000);
        return connection;
    }
}
