package dev.penstock.tools;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/** The guest kernel that PENSTOCK_UML names: a folder with {@code umlrun}. docs/testing.md says what that is. */
final class Guest {
    /**
     * Linux 6.12 may run this work item of a connection that it has freed already, when the end of a mount and the server's meet, and then
     * panics: in one of twenty to a hundred mounts over rxe. Nothing a server can do; any other panic fails the test.
     */
    private static final String CLIENTS_OWN_PANIC = "smbd_disconnect_rdma_work";

    private static final int MOST_TRIES = 3;

    private Guest() {}

    /**
     * Boots a guest, runs a script of ours in it, and gives its output.
     *
     * @param variables set in front of the script, beside JAVA, JAVAC, ROOT and CLASSPATH_
     * @param scratch where the script is put
     */
    static String run(String resource, int seconds, Map<String, Object> variables, Path scratch) throws IOException {
        for (int tries = 1; ; tries++) {
            var result = boot(resource, seconds, variables, scratch);
            if (tries == MOST_TRIES || !panicked(result)) {
                return result.succeeded().output();
            }
            System.out.println("the guest's client panicked in " + CLIENTS_OWN_PANIC + "; another guest is booted");
        }
    }

    /** Whether the guest's client brought the guest down, by that defect of its own. */
    static boolean panicked(Tool.Result result) {
        return result.output().contains(CLIENTS_OWN_PANIC);
    }

    /** The same as {@link #run} with whatever comes of it. */
    static Tool.Result boot(String resource, int seconds, Map<String, Object> variables, Path scratch)
            throws IOException {
        return Tool.run(
                seconds + 20,
                Map.of(),
                command(resource, 0, seconds, variables, scratch.resolve("guest.sh"), List.of()));
    }

    /**
     * What boots a guest that runs a script of ours.
     *
     * @param processor which of the host's it gets; guests that run side by side are given different ones
     * @param file where the script is put
     * @param options for umlrun, beside the usual ones
     */
    static List<String> command(
            String resource, int processor, int seconds, Map<String, Object> variables, Path file, List<String> options)
            throws IOException {
        String guest = System.getenv("PENSTOCK_UML");
        Assumptions.assumeTrue(
                guest != null && Files.isExecutable(Path.of(guest, "umlrun")), "PENSTOCK_UML names no guest kernel");
        String script;
        try (var in = Guest.class.getResourceAsStream(resource)) {
            script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        String programs = System.getProperty("java.home") + "/bin/";
        String head = "JAVA=" + path(programs + "java") + "\nJAVAC=" + path(programs + "javac") + "\nROOT="
                + path(Tool.root().toString()) + "\nCLASSPATH_=" + classPath() + "\n"
                + variables.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue() + "\n")
                        .collect(Collectors.joining());
        Files.writeString(file, head + script);
        var command = new ArrayList<>(List.of(
                Tool.root().resolve("scripts/guest/boot.sh").toString(),
                "" + processor,
                "-m",
                "3072",
                "-t",
                "" + seconds));
        command.addAll(options);
        command.add(file.toString());
        return command;
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Guest::path)
                .collect(Collectors.joining(":"));
    }

    /** The guest sees the host's files at their own paths, but for the folders that it has for itself. */
    static String path(String path) {
        return path.startsWith("/tmp/") || path.startsWith("/run/") ? "/host" + path : path;
    }
}
