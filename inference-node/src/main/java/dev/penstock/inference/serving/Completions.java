package dev.penstock.inference.serving;

import com.sun.net.httpserver.HttpExchange;
import dev.penstock.inference.serving.OpenAiServer.Served;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Answers completion requests, of a text or a chat, at once or as a stream of events. Called on the requests' threads. */
final class Completions {
    /** What OpenAI's interface has always taken where a text completion sets no limit. */
    private static final int DEFAULT_TEXT_TOKENS = 16;

    private final Served served;

    Completions(Served served) {
        this.served = served;
    }

    /** What all objects of one answer say. */
    private record Frame(String id, long created, boolean chat, String model) {}

    void answer(HttpExchange exchange, JsonNode body, boolean chat) throws IOException, ApiException {
        ApiRequest request = ApiRequest.of(body);
        int[] prompt = chat ? served.conversation().chat(ApiRequest.messages(body)) : prompt(body);
        if (prompt.length == 0) {
            throw ApiException.invalid("the prompt is empty");
        }
        int room = served.context() - prompt.length;
        if (room < 1) {
            throw new ApiException(
                    400,
                    "context_length_exceeded",
                    "the prompt has " + prompt.length + " tokens; the context holds " + served.context());
        }
        int limit = request.maxTokens() > 0 ? request.maxTokens() : chat ? room : DEFAULT_TEXT_TOKENS;
        Generation generation = served.engine()
                .submit(new Generation.Request(
                        OpenAiServer.boxed(prompt), Math.min(limit, room), request.sampling(), request.stops()));
        if (generation == null) {
            throw ApiException.unavailable("too many requests wait already");
        }
        var random = new byte[12];
        ThreadLocalRandom.current().nextBytes(random);
        String id = (chat ? "chatcmpl-" : "cmpl-") + HexFormat.of().formatHex(random);
        var frame = new Frame(id, Instant.now().getEpochSecond(), chat, served.name());
        try {
            if (request.stream()) {
                stream(exchange, generation, frame, request.includeUsage());
            } else {
                whole(exchange, generation, frame);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.unavailable("the node is shutting down");
        } finally {
            generation.cancel();
        }
    }

    private int[] prompt(JsonNode body) throws ApiException {
        JsonNode prompt = body.path("prompt");
        JsonNode one = prompt.isArray() && prompt.size() == 1 ? prompt.get(0) : prompt;
        if (one.isString()) {
            return served.conversation().text(one.asString());
        }
        if (!prompt.isArray() || prompt.isEmpty()) {
            throw ApiException.invalid("prompt must be a string or an array of tokens");
        }
        var tokens = new int[prompt.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode token = prompt.get(i);
            long id = token.isIntegralNumber() ? token.asLong(-1) : -1;
            if (id < 0 || id >= served.conversation().vocabulary().size()) {
                throw ApiException.invalid("prompt has an entry that is no token of this model");
            }
            tokens[i] = (int) id;
        }
        return tokens;
    }

    private void whole(HttpExchange exchange, Generation generation, Frame frame)
            throws IOException, ApiException, InterruptedException {
        var text = new StringBuilder();
        while (true) {
            switch (generation.next()) {
                case Generation.Text(String more) -> text.append(more);
                case Generation.Failed(String reason) -> throw ApiException.unavailable(reason);
                case Generation.Finished finished -> {
                    var choice = new LinkedHashMap<String, @Nullable Object>();
                    choice.put("index", 0);
                    if (frame.chat) {
                        choice.put("message", Map.of("role", "assistant", "content", trimmed(text.toString())));
                    } else {
                        choice.put("text", text.toString());
                    }
                    choice.put("logprobs", null);
                    choice.put("finish_reason", reason(finished));
                    Map<String, @Nullable Object> answer =
                            object(frame, frame.chat ? "chat.completion" : "text_completion", List.of(choice));
                    answer.put("usage", usage(finished));
                    OpenAiServer.answer(exchange, 200, answer);
                    return;
                }
            }
        }
    }

    /** A word of a SentencePiece vocabulary begins with its space; the first of an answer needs none. */
    private static String trimmed(String text) {
        return text.startsWith(" ") ? text.substring(1) : text;
    }

    private void stream(HttpExchange exchange, Generation generation, Frame frame, boolean includeUsage)
            throws IOException, ApiException, InterruptedException {
        Generation.Event event = generation.next();
        if (event instanceof Generation.Failed(String reason)) {
            throw ApiException.unavailable(reason);
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        if (frame.chat) {
            event(out, chunk(frame, Map.of("role", "assistant", "content", ""), "", null));
        }
        boolean first = true;
        while (true) {
            switch (event) {
                case Generation.Text(String text) -> {
                    String shown = first && frame.chat ? trimmed(text) : text;
                    first = false;
                    event(out, chunk(frame, Map.of("content", shown), shown, null));
                }
                case Generation.Failed(String reason) -> {
                    event(out, OpenAiServer.error(ApiException.unavailable(reason)));
                    return;
                }
                case Generation.Finished finished -> {
                    event(out, chunk(frame, Map.of(), "", reason(finished)));
                    if (includeUsage) {
                        Map<String, @Nullable Object> last = object(frame, kind(frame), List.of());
                        last.put("usage", usage(finished));
                        event(out, last);
                    }
                    out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    return;
                }
            }
            event = generation.next();
        }
    }

    private static String kind(Frame frame) {
        return frame.chat ? "chat.completion.chunk" : "text_completion";
    }

    private static Object chunk(Frame frame, Map<String, ?> delta, String text, @Nullable String reason) {
        var choice = new LinkedHashMap<String, @Nullable Object>();
        choice.put("index", 0);
        if (frame.chat) {
            choice.put("delta", delta);
        } else {
            choice.put("text", text);
        }
        choice.put("logprobs", null);
        choice.put("finish_reason", reason);
        return object(frame, kind(frame), List.of(choice));
    }

    private static Map<String, @Nullable Object> object(Frame frame, String kind, List<?> choices) {
        var object = new LinkedHashMap<String, @Nullable Object>();
        object.put("id", frame.id);
        object.put("object", kind);
        object.put("created", frame.created);
        object.put("model", frame.model);
        object.put("choices", new ArrayList<>(choices));
        return object;
    }

    private static String reason(Generation.Finished finished) {
        return finished.length() ? "length" : "stop";
    }

    private static Map<String, Integer> usage(Generation.Finished finished) {
        var usage = new LinkedHashMap<String, Integer>();
        usage.put("prompt_tokens", finished.promptTokens());
        usage.put("completion_tokens", finished.completionTokens());
        usage.put("total_tokens", finished.promptTokens() + finished.completionTokens());
        return usage;
    }

    private static void event(OutputStream out, Object content) throws IOException {
        out.write("data: ".getBytes(StandardCharsets.UTF_8));
        out.write(OpenAiServer.JSON.writeValueAsBytes(content));
        out.write("\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
