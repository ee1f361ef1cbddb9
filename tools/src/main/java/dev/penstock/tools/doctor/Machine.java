package dev.penstock.tools.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What checks may look at. */
public interface Machine {
    /** What a command prints where it exists and ends with 0 in time; empty otherwise. */
    Optional<String> output(String... command);

    /** A small file's text; empty where it cannot be read. */
    Optional<String> text(String path);

    /** Names in a folder, sorted; none where it cannot be read. */
    List<String> names(String folder);

    /** The machine that this runs on. */
    static Machine here() {
        return new Here();
    }

    /** The real one. */
    final class Here implements Machine {
        /** system_profiler takes some seconds. */
        private static final int SECONDS = 20;

        private Here() {}

        @Override
        public Optional<String> output(String... command) {
            Process process;
            try {
                process = new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
            } catch (IOException e) {
                return Optional.empty(); // there is no such command
            }
            try {
                process.getOutputStream().close();
                var text = CompletableFuture.supplyAsync(() -> read(process));
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    return Optional.empty();
                }
                return Optional.of(text.join());
            } catch (IOException e) {
                return Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            } finally {
                process.destroyForcibly();
            }
        }

        private static String read(Process process) {
            try {
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return "";
            }
        }

        @Override
        public Optional<String> text(String path) {
            try {
                return Optional.of(Files.readString(Path.of(path)));
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        @Override
        public List<String> names(String folder) {
            try (Stream<Path> entries = Files.list(Path.of(folder))) {
                return entries.map(entry -> entry.getFileName().toString())
                        .sorted()
                        .toList();
            } catch (IOException e) {
                return List.of();
            }
        }
    }
}
