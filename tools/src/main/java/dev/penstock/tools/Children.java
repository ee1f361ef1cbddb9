package dev.penstock.tools;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Processes of this same command, and the folder that they work in; all of it goes when it is closed. Any thread. */
final class Children implements AutoCloseable {
    private static final long STOP_SECONDS = 8;

    private final Path folder;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Child> children = new ArrayList<>();
    private boolean closed;

    Children(Path folder) {
        this.folder = folder;
    }

    /** A process whose lines on standard output are read as they are asked for. */
    static final class Child {
        private final String name;
        private final Process process;
        private final Path errors;
        private final BufferedReader lines;
        private final List<String> seen = new ArrayList<>();

        private Child(String name, Process process, Path errors) {
            this.name = name;
            this.process = process;
            this.errors = errors;
            this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** What follows a prefix, in the first line that has it; waits for the line. One thread. */
        String line(String prefix) throws IOException {
            for (String line : seen) {
                if (line.startsWith(prefix)) {
                    return line.substring(prefix.length());
                }
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                seen.add(line);
                if (line.startsWith(prefix)) {
                    return line.substring(prefix.length());
                }
            }
            throw new IOException(name + " ended before it was ready: " + lastError());
        }

        private String lastError() throws IOException {
            List<String> all = Files.readAllLines(errors);
            return all.isEmpty() ? "it said nothing" : all.getLast();
        }

        ProcessHandle handle() {
            return process.toHandle();
        }

        /** The address at the start of such a line. */
        InetSocketAddress address(String prefix) throws IOException {
            return Addresses.parse(name, line(prefix).split("[ /]", 2)[0]);
        }
    }

    /** Starts the command with other arguments, on the same JVM with the same options. */
    Child start(String name, List<String> arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        Path errors = folder.resolve(name.replace(' ', '-') + ".log");
        lock.lock();
        try {
            if (closed) {
                throw new IOException("stopped");
            }
            var builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.redirectInput(
                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            var child = new Child(name, builder.start(), errors);
            children.add(child);
            return child;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the processes, the last one started first, and removes the folder. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            for (Child child : children.reversed()) {
                child.process.destroy();
            }
            for (Child child : children.reversed()) {
                if (!ended(child.process)) {
                    child.process.destroyForcibly();
                }
            }
            remove();
        } finally {
            lock.unlock();
        }
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void remove() {
        try (var all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            System.err.println("penstock: " + folder + " could not be removed: " + Main.describe(e));
        }
    }
}
