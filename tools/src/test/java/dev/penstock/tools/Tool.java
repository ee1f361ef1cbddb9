package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Runs a program of somebody else's, and waits for it with a limit. */
final class Tool {
    private Tool() {}

    /** What came of it; both streams in one. */
    record Result(int status, String output) {
        Result succeeded() {
            assertThat(status).as(output).isZero();
            return this;
        }
    }

    static Result run(int seconds, Map<String, String> environment, List<String> command) throws IOException {
        Path output = Files.createTempFile("tool-", ".log");
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.redirectInput(Path.of("/dev/null").toFile());
            builder.environment().putAll(environment);
            var process = builder.start();
            try {
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(
                            command.getFirst() + " took more than " + seconds + " s:\n" + text(output));
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            return new Result(process.exitValue(), text(output));
        } finally {
            Files.delete(output);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    /** The project's folder. */
    static Path root() {
        return Path.of(System.getProperty("penstock.root", ".."))
                .toAbsolutePath()
                .normalize();
    }

    /** Installs what is missing where that can be done; says what is missing where it cannot. */
    static void requirePeers() throws IOException {
        Result result = run(
                600,
                Map.of(),
                List.of(root().resolve("scripts/install-peers.sh").toString()));
        Assumptions.assumeTrue(result.status() == 0, result.output());
    }
}
