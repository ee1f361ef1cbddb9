package dev.penstock.inference.serving;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The HTTP interface: {@code /v1/completions}, {@code /v1/chat/completions}, {@code /v1/models}, {@code /health} and
 * {@code /v1/penstock/status}. Each request runs on a virtual thread of its own.
 */
public final class OpenAiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenAiServer.class);

    /** Bytes of a request; a prompt of a million tokens is about that long. */
    private static final int MAX_BODY = 8 << 20;
    /** Requests open at a time, those that wait for the engine included. */
    private static final int MAX_REQUESTS = 128;
    /** Seconds after which a client that was turned away may come again. */
    private static final int RETRY_SECONDS = 2;

    static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * What is served.
     *
     * @param name of the model
     * @param context longest sequence, in tokens
     * @param apiKey that clients must show, or null where none is asked for
     * @param status for people and tools, rendered as JSON at each request
     * @param loading what is still being waited for, or null where requests can be computed
     */
    public record Served(
            String name,
            int context,
            Conversation conversation,
            Engine engine,
            @Nullable String apiKey,
            Supplier<Object> status,
            Supplier<@Nullable String> loading) {}

    private final Served served;
    private final HttpServer server;
    private final ExecutorService threads;
    private final Semaphore open = new Semaphore(MAX_REQUESTS);
    private final Completions completions;

    /** Starts to listen. */
    public OpenAiServer(InetSocketAddress address, Served served) throws IOException {
        this.served = served;
        this.completions = new Completions(served);
        this.server = HttpServer.create(address, 0);
        this.threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void handle(HttpExchange exchange) throws IOException {
        boolean admitted = open.tryAcquire();
        try (exchange) {
            try {
                if (!admitted) {
                    throw ApiException.unavailable("too many requests are open");
                }
                route(exchange);
            } catch (ApiException e) {
                refuse(exchange, e);
            } catch (JacksonException e) {
                refuse(exchange, ApiException.invalid("the body is not JSON: " + e.getOriginalMessage()));
            }
        } catch (IOException e) {
            LOG.debug("a client went away: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a request failed", e);
        } finally {
            if (admitted) {
                open.release();
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException, ApiException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/health")) {
            health(exchange);
            return;
        }
        authorize(exchange);
        switch (path) {
            case "/v1/models" -> answer(exchange, 200, models());
            case "/v1/penstock/status" -> answer(exchange, 200, served.status().get());
            case "/v1/completions", "/v1/chat/completions" -> {
                if (!exchange.getRequestMethod().equals("POST")) {
                    exchange.getResponseHeaders().set("Allow", "POST");
                    throw new ApiException(405, "invalid_request_error", "only POST is understood here");
                }
                completions.answer(exchange, body(exchange), path.contains("chat"));
            }
            default -> throw new ApiException(404, "invalid_request_error", "there is no " + path);
        }
    }

    private void authorize(HttpExchange exchange) throws ApiException {
        String key = served.apiKey();
        if (key == null) {
            return;
        }
        String shown = exchange.getRequestHeaders().getFirst("Authorization");
        byte[] wanted = ("Bearer " + key).getBytes(StandardCharsets.UTF_8);
        if (shown == null || !MessageDigest.isEqual(wanted, shown.getBytes(StandardCharsets.UTF_8))) {
            throw new ApiException(401, "invalid_api_key", "the API key is missing or wrong");
        }
    }

    private static JsonNode body(HttpExchange exchange) throws IOException, ApiException {
        byte[] bytes = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (bytes.length > MAX_BODY) {
            throw new ApiException(413, "invalid_request_error", "the body is longer than " + MAX_BODY + " bytes");
        }
        return JSON.readTree(bytes);
    }

    private void health(HttpExchange exchange) throws IOException {
        String failure = served.engine().failure();
        String loading = served.loading().get();
        if (failure != null) {
            answer(exchange, 503, Map.of("status", "failed", "reason", failure));
        } else if (loading != null) {
            answer(exchange, 503, Map.of("status", "loading", "reason", loading));
        } else {
            answer(exchange, 200, Map.of("status", "ok"));
        }
    }

    private Object models() {
        var model = Map.of(
                "id",
                served.name(),
                "object",
                "model",
                "created",
                0,
                "owned_by",
                "penstock",
                "max_model_len",
                served.context());
        return Map.of("object", "list", "data", List.of(model));
    }

    private static void refuse(HttpExchange exchange, ApiException e) throws IOException {
        if (e.status() == 503) {
            exchange.getResponseHeaders().set("Retry-After", String.valueOf(RETRY_SECONDS));
        }
        if (exchange.getResponseCode() == -1) {
            answer(exchange, e.status(), error(e));
        }
    }

    /** An error in OpenAI's form. */
    static Object error(ApiException e) {
        var error = new java.util.LinkedHashMap<String, @Nullable Object>();
        error.put("message", e.text());
        error.put("type", e.type());
        error.put("param", null);
        error.put("code", e.type());
        return Map.of("error", error);
    }

    static void answer(HttpExchange exchange, int status, Object content) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(content);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Stops listening and ends the requests that are open; the engine has told them before. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdownNow();
    }

    /** A list of boxed integers. */
    static List<Integer> boxed(int[] tokens) {
        return Arrays.stream(tokens).boxed().toList();
    }
}
