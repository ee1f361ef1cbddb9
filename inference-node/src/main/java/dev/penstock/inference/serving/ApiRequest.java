package dev.penstock.inference.serving;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.JsonNode;

/**
 * What the two kinds of completion requests have in common, checked.
 *
 * @param maxTokens 0 where the request sets no limit
 * @param includeUsage whether a stream ends with the counts of tokens
 */
record ApiRequest(boolean stream, boolean includeUsage, int maxTokens, Sampling sampling, List<String> stops) {
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_LENGTH = 1024;
    private static final int MAX_MESSAGES = 4096;

    static ApiRequest of(JsonNode body) throws ApiException {
        if (!body.isObject()) {
            throw ApiException.invalid("the body must be a JSON object");
        }
        if (integer(body, "n", 1, 1_000_000, 1) != 1) {
            throw ApiException.invalid("n must be 1");
        }
        int maxTokens = integer(
                body, body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens", 1, 1 << 24, 0);
        var sampling = new Sampling(
                number(body, "temperature", 0, 100, 1),
                integer(body, "top_k", 0, 1 << 24, 0),
                number(body, "top_p", 0, 1, 1),
                body.path("seed").isIntegralNumber()
                        ? body.path("seed").asLong(0)
                        : ThreadLocalRandom.current().nextLong());
        boolean stream = body.path("stream").asBoolean(false);
        boolean usage = body.path("stream_options").path("include_usage").asBoolean(false);
        return new ApiRequest(stream, usage, maxTokens, sampling, stops(body.path("stop")));
    }

    private static List<String> stops(JsonNode node) throws ApiException {
        var stops = new ArrayList<String>();
        if (node.isString()) {
            stops.add(node.asString());
        } else if (node.isArray()) {
            for (JsonNode item : node) {
                stops.add(item.asString(""));
            }
        } else if (!node.isMissingNode() && !node.isNull()) {
            throw ApiException.invalid("stop must be a string or an array of strings");
        }
        stops.removeIf(String::isEmpty);
        if (stops.size() > MAX_STOPS || stops.stream().anyMatch(s -> s.length() > MAX_STOP_LENGTH)) {
            throw ApiException.invalid("stop may have " + MAX_STOPS + " strings of " + MAX_STOP_LENGTH + " characters");
        }
        return stops;
    }

    private static int integer(JsonNode body, String name, int least, int most, int otherwise) throws ApiException {
        JsonNode node = body.path(name);
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        if (!node.isIntegralNumber() || node.asLong(-1) < least || node.asLong(-1) > most) {
            throw ApiException.invalid(name + " must be an integer from " + least + " to " + most);
        }
        return (int) node.asLong(least);
    }

    private static float number(JsonNode body, String name, float least, float most, float otherwise)
            throws ApiException {
        JsonNode node = body.path(name);
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        double value = node.isNumber() ? node.asDouble(-1) : -1;
        if (!(value >= least && value <= most)) {
            throw ApiException.invalid(name + " must be a number from " + least + " to " + most);
        }
        return (float) value;
    }

    /** The messages of a chat as templates see them. */
    static List<Map<String, Object>> messages(JsonNode body) throws ApiException {
        JsonNode messages = body.path("messages");
        if (!messages.isArray() || messages.isEmpty() || messages.size() > MAX_MESSAGES) {
            throw ApiException.invalid("messages must be an array of 1 to " + MAX_MESSAGES + " messages");
        }
        var list = new ArrayList<Map<String, Object>>();
        for (JsonNode message : messages) {
            if (!message.path("role").isString()) {
                throw ApiException.invalid("each message needs a role");
            }
            var map = new LinkedHashMap<String, Object>();
            map.put("role", message.path("role").asString());
            map.put("content", content(message.path("content")));
            list.add(map);
        }
        return list;
    }

    private static String content(JsonNode content) throws ApiException {
        if (content.isString()) {
            return content.asString();
        }
        if (content.isNull()) {
            return "";
        }
        if (!content.isArray()) {
            throw ApiException.invalid("the content of a message must be a string or an array of text parts");
        }
        var text = new StringBuilder();
        for (JsonNode part : content) {
            if (!part.path("type").asString("").equals("text")) {
                throw ApiException.invalid("only text is understood in the content of a message");
            }
            text.append(part.path("text").asString(""));
        }
        return text.toString();
    }
}
