package dev.penstock.inference.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.penstock.cache.store.local.LocalFileStore;
import dev.penstock.collective.Collective;
import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import dev.penstock.inference.model.LlamaCpp;
import dev.penstock.inference.model.TestModels;
import dev.penstock.inference.parallel.CollectiveRanks;
import dev.penstock.inference.parallel.RankGroup;
import dev.penstock.inference.parallel.SingleRank;
import dev.penstock.inference.parallel.ThreadRanks;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InferenceNodeTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    static Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void makeModel() throws Exception {
        ModelMaker.make(folder.resolve("tiny.gguf"), ModelSpec.named("tiny", TensorType.F32, 11), bytes -> {});
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private InferenceNode node(int rank, int size, InferenceNode.Joining joining, NodeOptions options)
            throws Exception {
        var store = new LocalFileStore(folder);
        open.add(store);
        var node = InferenceNode.start(store, "tiny.gguf", rank, size, joining, options);
        open.add(node);
        return node;
    }

    private InferenceNode alone() throws Exception {
        var node = node(0, 1, SingleRank::new, options());
        node.ready().get(60, TimeUnit.SECONDS);
        return node;
    }

    private static NodeOptions options() {
        return NodeOptions.serving(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private record Answer(int statusCode, String body, Map<String, List<String>> headers) {
        String header(String name) {
            return String.join(",", headers.getOrDefault(name, List.of()));
        }
    }

    private static Answer post(InferenceNode node, String path, String body) throws Exception {
        return ask(node, path, body, null);
    }

    private static Answer get(InferenceNode node, String path) throws Exception {
        return ask(node, path, null, null);
    }

    private static Answer ask(InferenceNode node, String path, String body, String key) throws Exception {
        var uri = URI.create("http://127.0.0.1:" + node.httpAddress().getPort() + path);
        var connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setReadTimeout(60_000);
        if (key != null) {
            connection.setRequestProperty("Authorization", "Bearer " + key);
        }
        if (body != null) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(status, text, connection.getHeaderFields());
        }
    }

    private static final String GREEDY =
            "{\"prompt\": [1, 70, 101, 99, 88, 270, 300, 77, 12], \"max_tokens\": 24, \"temperature\": 0";

    @Test
    void aCompletionSaysWhatLlamaCppSays() throws Exception {
        InferenceNode node = alone();
        JsonNode answer =
                JSON.readTree(post(node, "/v1/completions", GREEDY + "}").body());
        var expected = new ArrayList<Integer>();
        try (var oracle = new LlamaCpp(folder.resolve("tiny.gguf"), 1, 512, false)) {
            float[] logits = oracle.decode(1, 70, 101, 99, 88, 270, 300, 77, 12);
            for (int i = 0; i < 24; i++) {
                expected.add(TestModels.best(logits));
                logits = oracle.decode(expected.getLast());
            }
        }
        var tokenizer = dev.penstock.inference.serving.token.Tokenizer.of(
                TestModels.header(folder.resolve("tiny.gguf")).metadata());
        var text = new StringBuilder();
        var detokenizer = new dev.penstock.inference.serving.token.Detokenizer(tokenizer.vocabulary());
        expected.forEach(t -> text.append(detokenizer.add(t)));
        text.append(detokenizer.finish());
        assertThat(answer.path("choices").get(0).path("text").asString()).isEqualTo(text.toString());
        assertThat(answer.path("choices").get(0).path("finish_reason").asString())
                .isEqualTo("length");
        assertThat(answer.path("usage").path("prompt_tokens").asInt()).isEqualTo(9);
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(24);
    }

    @Test
    void aStreamHasTheSameTextInPiecesAndEndsWithDone() throws Exception {
        InferenceNode node = alone();
        String whole = JSON.readTree(post(node, "/v1/completions", GREEDY + "}").body())
                .path("choices")
                .get(0)
                .path("text")
                .asString();
        var response = post(
                node, "/v1/completions", GREEDY + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        assertThat(response.header("Content-type")).startsWith("text/event-stream");
        List<String> events = response.body()
                .lines()
                .filter(l -> l.startsWith("data: "))
                .map(l -> l.substring(6))
                .toList();
        assertThat(events.getLast()).isEqualTo("[DONE]");
        var text = new StringBuilder();
        for (String event : events.subList(0, events.size() - 1)) {
            text.append(
                    JSON.readTree(event).path("choices").path(0).path("text").asString(""));
        }
        assertThat(text.toString()).isEqualTo(whole);
        assertThat(JSON.readTree(events.get(events.size() - 2))
                        .path("usage")
                        .path("total_tokens")
                        .asInt())
                .isEqualTo(33);
    }

    @Test
    void aChatIsAnsweredAndItsPrefixIsKept() throws Exception {
        InferenceNode node = alone();
        String chat = "{\"messages\": [{\"role\": \"user\", \"content\": \"kalo mi\"}], \"max_tokens\": 5, \"seed\": 7,"
                + " \"temperature\": 0.8, \"top_p\": 0.9}";
        JsonNode first = JSON.readTree(post(node, "/v1/chat/completions", chat).body());
        JsonNode again = JSON.readTree(post(node, "/v1/chat/completions", chat).body());
        assertThat(first.path("object").asString()).isEqualTo("chat.completion");
        assertThat(first.path("choices").get(0).path("message").path("role").asString())
                .isEqualTo("assistant");
        assertThat(again.path("choices").get(0).path("message"))
                .isEqualTo(first.path("choices").get(0).path("message"));
        var stream = post(node, "/v1/chat/completions", chat.replace("\"seed\"", "\"stream\": true, \"seed\""));
        var text = new StringBuilder();
        stream.body()
                .lines()
                .filter(l -> l.startsWith("data: {"))
                .forEach(l -> text.append(JSON.readTree(l.substring(6))
                        .path("choices")
                        .path(0)
                        .path("delta")
                        .path("content")
                        .asString("")));
        assertThat(text.toString())
                .isEqualTo(first.path("choices")
                        .get(0)
                        .path("message")
                        .path("content")
                        .asString());
    }

    @Test
    void aStopStringEndsTheAnswerAndIsNotPartOfIt() throws Exception {
        InferenceNode node = alone();
        String whole = JSON.readTree(post(node, "/v1/completions", GREEDY + "}").body())
                .path("choices")
                .get(0)
                .path("text")
                .asString();
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 2);
        JsonNode answer = JSON.readTree(
                post(node, "/v1/completions", GREEDY + ", \"stop\": [" + JSON.writeValueAsString(stop) + "]}")
                        .body());
        assertThat(answer.path("choices").get(0).path("text").asString())
                .isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(answer.path("choices").get(0).path("finish_reason").asString())
                .isEqualTo("stop");
    }

    @Test
    void whatIsWrongIsSaidInOpenAisForm() throws Exception {
        InferenceNode node = alone();
        for (String body : List.of(
                "{",
                "[]",
                "{}",
                "{\"prompt\": 5}",
                "{\"prompt\": \"\u006B\", \"temperature\": -1}",
                "{\"prompt\": [99999999]}",
                "{\"prompt\": \"a\", \"n\": 2}",
                "{\"prompt\": \"a\", \"max_tokens\": 0}")) {
            var response = post(node, "/v1/completions", body);
            assertThat(response.statusCode()).as(body).isEqualTo(400);
            assertThat(JSON.readTree(response.body())
                            .path("error")
                            .path("message")
                            .asString())
                    .isNotBlank();
        }
        assertThat(post(node, "/v1/chat/completions", "{\"messages\": []}").statusCode())
                .isEqualTo(400);
        assertThat(get(node, "/v1/completions").statusCode()).isEqualTo(405);
        assertThat(get(node, "/nothing").statusCode()).isEqualTo(404);
        var tooLong = post(node, "/v1/completions", "{\"prompt\": \"" + "ka ".repeat(9000) + "\"}");
        assertThat(tooLong.statusCode()).isEqualTo(400);
        assertThat(tooLong.body()).contains("context_length_exceeded");
    }

    @Test
    void modelsHealthAndStatusAnswer() throws Exception {
        InferenceNode node = alone();
        post(node, "/v1/completions", GREEDY + "}");
        assertThat(get(node, "/health").body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(JSON.readTree(get(node, "/v1/models").body())
                        .path("data")
                        .get(0)
                        .path("id")
                        .asString())
                .isEqualTo("tiny");
        JsonNode status = JSON.readTree(get(node, "/v1/penstock/status").body());
        assertThat(status.path("state").asString()).isEqualTo("ready");
        assertThat(status.path("bytesLoaded").asLong())
                .isEqualTo(status.path("bytesTotal").asLong());
        assertThat(status.path("bytesCopied").asLong())
                .isGreaterThanOrEqualTo(status.path("bytesTotal").asLong());
        assertThat(status.path("served").path("completionTokens").asLong()).isEqualTo(24);
    }

    @Test
    void aKeyIsAskedForWhereOneIsSet() throws Exception {
        var node = node(0, 1, SingleRank::new, options().withApiKey("secret"));
        node.ready().get(60, TimeUnit.SECONDS);
        assertThat(get(node, "/v1/models").statusCode()).isEqualTo(401);
        assertThat(get(node, "/health").statusCode()).isEqualTo(200);
        var shown = ask(node, "/v1/models", null, "secret");
        assertThat(shown.statusCode()).isEqualTo(200);
    }

    @Test
    void twoNodesSayWhatOneSaysAndALossIsSaidAtOnce() throws Exception {
        String alone = post(alone(), "/v1/completions", GREEDY + "}").body();
        List<RankGroup> ranks = ThreadRanks.of(2);
        var leader = node(0, 2, ranks::getFirst, options());
        var follower = node(1, 2, ranks::getLast, NodeOptions.serving(null));
        leader.ready().get(60, TimeUnit.SECONDS);
        String together = post(leader, "/v1/completions", GREEDY + "}").body();
        assertThat(JSON.readTree(together).path("choices"))
                .isEqualTo(JSON.readTree(alone).path("choices"));

        follower.close();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> leader.status().state().equals("waiting"));
        assertThat(leader.status().failure()).contains("waiting until all nodes are together again");
        var refused = post(leader, "/v1/completions", GREEDY + "}");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.header("Retry-after")).isEqualTo("2");
        assertThat(get(leader, "/health").statusCode()).isEqualTo(503);
    }

    private static RankGroup join(int rank, List<InetSocketAddress> addresses) throws java.io.IOException {
        var device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT);
        return new CollectiveRanks(
                Collective.join(device, CollectiveRanks.OPTIONS, rank, addresses, new byte[] {1, 2, 3}));
    }

    @Test
    void fourNodesOverRdmaSayWhatOneSays() throws Exception {
        String alone = post(alone(), "/v1/completions", GREEDY + "}").body();
        var addresses = new ArrayList<InetSocketAddress>();
        for (int i = 0; i < 4; i++) {
            try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
            }
        }
        var leader = node(0, 4, () -> join(0, addresses), options());
        for (int i = 1; i < 4; i++) {
            int rank = i;
            node(rank, 4, () -> join(rank, addresses), NodeOptions.serving(null));
        }
        leader.ready().get(60, TimeUnit.SECONDS);
        String together = post(leader, "/v1/completions", GREEDY + "}").body();
        assertThat(JSON.readTree(together).path("choices"))
                .isEqualTo(JSON.readTree(alone).path("choices"));
        leader.close();
        for (var each : open) {
            if (each instanceof InferenceNode node && node.plan().size() == 4) {
                node.ended().get(10, TimeUnit.SECONDS);
            }
        }
    }
}
