package dev.penstock.tools;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Machines with cables between them, as network namespaces: they need root and {@code ip netns}. What runs on them ends with them. */
final class Machines implements AutoCloseable {
    private final List<String> names = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    /** So many of them; where there are no namespaces, the test is skipped, and says so. */
    Machines(int count) throws IOException {
        String suffix = Long.toString(ProcessHandle.current().pid(), 36);
        for (int i = 0; i < count; i++) {
            String name = "penst" + (char) ('a' + i) + suffix;
            var made = ip("netns", "add", name);
            if (i == 0) {
                Assumptions.assumeTrue(made.status() == 0, "no network namespaces here: " + made.output());
            }
            made.succeeded();
            names.add(name);
            ip("-n", name, "link", "set", "lo", "up").succeeded();
        }
    }

    /** One end of a cable: the machine's number, the interface, and its address with the bits of its network. */
    record End(int machine, String name, String address) {}

    /**
     * Cables two machines.
     *
     * @param megabits a second that pass each way
     */
    void cable(End one, End other, int megabits) throws IOException {
        String peer = names.get(other.machine);
        ip("link", "add", one.name, "netns", names.get(one.machine), "type", "veth", "peer", other.name, "netns", peer)
                .succeeded();
        for (End end : List.of(one, other)) {
            String machine = names.get(end.machine);
            ip("-n", machine, "addr", "add", end.address, "dev", end.name).succeeded();
            ip("-n", machine, "link", "set", end.name, "up").succeeded();
            var limit = Stream.of("tbf", "rate", megabits + "mbit", "burst", "256kb", "latency", "100ms");
            var root = Stream.of("tc", "-n", machine, "qdisc", "add", "dev", end.name, "root");
            Tool.run(20, Map.of(), Stream.concat(root, limit).toList()).succeeded();
        }
    }

    /** Takes an interface up or down, which tells neither end of a connection. */
    void set(int machine, String name, String state) throws IOException {
        ip("-n", names.get(machine), "link", "set", name, state).succeeded();
    }

    private static Tool.Result ip(String... arguments) throws IOException {
        return Tool.run(
                20,
                Map.of(),
                Stream.concat(Stream.of("ip"), Stream.of(arguments)).toList());
    }

    /** Bytes that a machine has sent by an interface. */
    long sent(int machine, String name) throws IOException {
        var shown = run(20, machine, Stream.of("cat", "/sys/class/net/" + name + "/statistics/tx_bytes"));
        return Long.parseLong(shown.succeeded().output().strip());
    }

    /** Runs a program of the system's on a machine. */
    Tool.Result run(int seconds, int machine, Stream<String> command) throws IOException {
        return Tool.run(seconds, Map.of(), on(machine, command));
    }

    private List<String> on(int machine, Stream<String> command) {
        return Stream.concat(Stream.of("ip", "netns", "exec", names.get(machine)), command)
                .toList();
    }

    /** A command of this same build on a machine. */
    List<String> penstock(int machine, Stream<String> arguments) {
        var java = Stream.concat(
                Stream.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream());
        var main = Stream.of("-cp", System.getProperty("java.class.path"), Main.class.getName());
        return on(machine, Stream.concat(Stream.concat(java, main), arguments));
    }

    /** Starts a command of this same build on a machine. */
    Process start(int machine, Path log, Stream<String> arguments) throws IOException {
        var process = new ProcessBuilder(penstock(machine, arguments))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        processes.add(process);
        return process;
    }

    /** Ends what was started, and waits for it. */
    void stop() throws InterruptedException {
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            process.waitFor(20, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
        processes.clear();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stop();
        for (String name : names) {
            ip("netns", "del", name);
        }
    }
}
