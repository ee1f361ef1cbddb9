package dev.penstock.tools;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the demo did, in figures, and what of it was not as it should be. */
record DemoReport(long modelBytes, List<Load> loads, DemoClient.Answer answer) {
    /**
     * How one node was loaded.
     *
     * @param placed bytes by RDMA
     * @param staged bytes by RDMA, from which the node gathered its columns
     * @param copied bytes through messages
     * @param memory of weights, cache and intermediate results, in bytes
     */
    record Load(
            int rank,
            long bytes,
            long placed,
            long staged,
            long copied,
            double seconds,
            double gigabytesPerSecond,
            long memory) {
        /** Reads the line that a node prints. */
        static Load parse(String line) {
            Map<String, String> fields = new HashMap<>();
            for (String field : line.trim().split(" ")) {
                int equals = field.indexOf('=');
                fields.put(field.substring(0, Math.max(equals, 0)), field.substring(equals + 1));
            }
            return new Load(
                    Integer.parseInt(fields.getOrDefault("rank", "-1")),
                    number(fields, "bytes"),
                    number(fields, "placed"),
                    number(fields, "staged"),
                    number(fields, "copied"),
                    Double.parseDouble(fields.getOrDefault("seconds", "0")),
                    Double.parseDouble(fields.getOrDefault("GB/s", "0")),
                    number(fields, "memory"));
        }

        private static long number(Map<String, String> fields, String name) {
            return Long.parseLong(fields.getOrDefault(name, "-1"));
        }

        String describe() {
            return String.format(
                    Locale.ROOT,
                    "node %d: %.1f MB of shards in %.2f s, %.2f GB/s, memory %.1f MB",
                    rank,
                    bytes / 1e6,
                    seconds,
                    gigabytesPerSecond,
                    memory / 1e6);
        }
    }

    String figures() {
        long placed = loads.stream().mapToLong(Load::placed).sum();
        long staged = loads.stream().mapToLong(Load::staged).sum();
        long copied = loads.stream().mapToLong(Load::copied).sum();
        return String.format(
                Locale.ROOT,
                "   placed by RDMA: %.1f MB, beside their place: %.1f MB, over TCP: %.1f MB%n   first token after %.0f ms; %d tokens, %.1f a second",
                placed / 1e6,
                staged / 1e6,
                copied / 1e6,
                answer.firstTokenMillis(),
                answer.tokens(),
                answer.tokensPerSecond());
    }

    List<String> problems(int wanted) {
        var problems = new ArrayList<String>();
        for (Load load : loads) {
            if (load.copied != 0 || load.staged != 0 || load.placed < load.bytes) {
                problems.add("node " + load.rank + " was to get its shards placed by RDMA, and got " + load.staged
                        + " bytes beside their place and " + load.copied + " over TCP");
            }
            if (load.bytes <= 0 || load.bytes >= modelBytes) {
                problems.add("node " + load.rank + " was to load a part of the model, and loaded " + load.bytes + " of "
                        + modelBytes + " bytes");
            }
        }
        if (!answer.finished()) {
            problems.add("the answer broke off");
        }
        if (answer.tokens() < 1 || answer.tokens() > wanted) {
            problems.add("the answer was to have up to " + wanted + " tokens, and has " + answer.tokens());
        }
        return problems;
    }
}
