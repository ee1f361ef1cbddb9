package dev.penstock.tools;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Asks an OpenAI-compatible server and prints the answer as it comes. */
final class DemoClient {
    private static final String DATA = "data: ";
    private static final String DONE = "[DONE]";

    private DemoClient() {}

    /**
     * An answer.
     *
     * @param finished whether the server ended it
     * @param firstTokenMillis from the request to the first piece of text
     * @param tokensPerSecond after the first
     */
    record Answer(int tokens, boolean finished, double firstTokenMillis, double tokensPerSecond) {}

    static Answer ask(InetSocketAddress server, String prompt, int tokens) throws IOException {
        var json = new ObjectMapper();
        String body = json.writeValueAsString(Map.of(
                "prompt",
                prompt,
                "max_tokens",
                tokens,
                "temperature",
                0,
                "stream",
                true,
                "stream_options",
                Map.of("include_usage", true)));
        var request = HttpRequest.newBuilder(URI.create("http://" + Addresses.show(server) + "/v1/completions"))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofMinutes(5))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            long start = System.nanoTime();
            var response = client.send(request, HttpResponse.BodyHandlers.ofLines());
            if (response.statusCode() != 200) {
                String text = String.join(" ", response.body().toList());
                throw new IOException("the nodes answered " + response.statusCode() + ": " + text);
            }
            return read(json, response.body().iterator(), start);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static Answer read(ObjectMapper json, Iterator<String> lines, long start) throws IOException {
        long first = 0;
        long last = start;
        int tokens = 0;
        System.out.print("   ");
        while (lines.hasNext()) {
            String line = lines.next();
            if (!line.startsWith(DATA)) {
                continue;
            }
            String event = line.substring(DATA.length());
            if (event.equals(DONE)) {
                System.out.println();
                double seconds = (last - first) / 1e9;
                double speed = tokens > 1 && seconds > 0 ? (tokens - 1) / seconds : 0;
                return new Answer(tokens, true, (first - start) / 1e6, speed);
            }
            JsonNode node = json.readTree(event);
            if (node.has("error")) {
                System.out.println();
                throw new IOException(
                        "the nodes failed: " + node.get("error").path("message").asString());
            }
            String text = node.path("choices").path(0).path("text").asString("");
            if (!text.isEmpty()) {
                last = System.nanoTime();
                first = first == 0 ? last : first;
                System.out.print(text.replace("\n", "\n   "));
                System.out.flush();
            }
            tokens = node.path("usage").path("completion_tokens").asInt(tokens);
        }
        System.out.println();
        return new Answer(tokens, false, 0, 0);
    }
}
