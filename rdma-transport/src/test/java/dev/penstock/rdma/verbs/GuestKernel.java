package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The guest kernel that PENSTOCK_UML names: a folder with {@code umlrun}. docs/testing.md says what that is. */
final class GuestKernel {
    private static final Path BOOT = Path.of(System.getProperty("penstock.root", ".."), "scripts/guest/boot.sh")
            .toAbsolutePath();

    private static final int SECONDS_TO_END = 20;

    private GuestKernel() {}

    /** A guest that runs. */
    record Running(Process process, Path output, int seconds) {
        /** What it has said so far. */
        String output(boolean complete) throws IOException, InterruptedException {
            if (complete) {
                boolean ended = process.waitFor(seconds + SECONDS_TO_END, TimeUnit.SECONDS);
                assertThat(ended).as(said()).isTrue();
            }
            return said();
        }

        private String said() throws IOException {
            return Files.readString(output, StandardCharsets.UTF_8);
        }
    }

    /** Boots one and runs a script in it, which finds a JVM in JAVA and the tests in CLASSPATH_; its output when it has ended. */
    static String run(String script, int seconds, Path scratch) throws IOException, InterruptedException {
        return start("guest", 0, script, seconds, scratch, Stream.of(), Stream.of())
                .output(true);
    }

    /**
     * Boots one.
     *
     * @param processor which of the host's it gets; guests that run side by side are given different ones
     * @param before words in front of the command, as those that choose a network namespace
     * @param options of the command
     */
    static Running start(
            String name,
            int processor,
            String script,
            int seconds,
            Path scratch,
            Stream<String> before,
            Stream<String> options)
            throws IOException {
        String guest = System.getenv("PENSTOCK_UML");
        Assumptions.assumeTrue(
                guest != null && Files.isExecutable(Path.of(guest, "umlrun")), "PENSTOCK_UML names no guest kernel");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String head = "JAVA=" + inGuest(java) + "\nCLASSPATH_=" + classPath() + "\n";
        Path file = Files.writeString(scratch.resolve(name + ".sh"), head + script);
        Path output = scratch.resolve(name + ".output");
        var command = Stream.of(
                        before,
                        Stream.of(BOOT.toString(), "" + processor, "-m", "2048", "-t", "" + seconds),
                        options,
                        Stream.of(file.toString()))
                .flatMap(s -> s)
                .toList();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new Running(process, output, seconds);
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(GuestKernel::inGuest)
                .collect(Collectors.joining(":"));
    }

    /** The guest sees the host's files at their own paths, but for the folders that it has for itself. */
    private static String inGuest(String path) {
        return path.startsWith("/tmp/") || path.startsWith("/run/") ? "/host" + path : path;
    }
}
