package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two machines, guests joined by tap devices in a network namespace of the test's, that move bytes over the unreliable connections of rxe with
 * netem on both sides. Of the host it takes root's rights, for the namespace.
 */
class TwoGuestsIT {
    private static final String SCRIPT = VerbsGuestIT.HEAD + """
            rxe vec0
            netem() { echo "$1=tc qdisc replace dev vec0 root netem $2"; }
            guest_java dev.penstock.rdma.verbs.UcPeer $ROLE 10.77.0.2 $BYTES $SEED \\
              "$(netem clean 'limit 1000')" \\
              "$(netem 'loss 0.1' 'loss 0.1%')" \\
              "$(netem 'loss 1' 'loss 1%')" \\
              "$(netem reordering 'delay 1ms reorder 25% 50%')" \\
              "$(netem duplication 'duplicate 0.5%')"
            failed=$?
            [ $failed = 0 ] || dmesg | tail -30
            exit $failed
            """;

    private static final int CONDITIONS = 5;
    private static final long SHORT = 64L << 20;

    private final String namespace = "penstock-" + ProcessHandle.current().pid();

    @TempDir
    Path temporary;

    @BeforeEach
    void join() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "no /dev/net/tun");
        Assumptions.assumeTrue(
                shell("ip netns add " + namespace) == 0, "no network namespace can be made, which takes root");
        assertThat(shell("set -e; ip='ip -n " + namespace + """
                '; $ip link add br0 type bridge; $ip link set br0 mtu 9000 up
                for tap in t0 t1; do
                  $ip tuntap add $tap mode tap
                  $ip link set $tap mtu 9000 master br0 up
                done
                """)).isZero();
    }

    @AfterEach
    void part() throws IOException, InterruptedException {
        shell("ip netns del " + namespace);
    }

    private static int shell(String command) throws IOException, InterruptedException {
        return new ProcessBuilder("/bin/bash", "-c", command)
                .inheritIO()
                .start()
                .waitFor();
    }

    @Test
    void everyByteArrivesOnceAndInOrderWhateverTheNetworkDoes() throws IOException, InterruptedException {
        move(CONDITIONS * SHORT, 240);
    }

    @Test
    @Tag("long") // 16 GiB, or what uc.bytes says
    void everyByteArrivesOnceAndInOrderForLong() throws IOException, InterruptedException {
        move(Long.getLong("uc.bytes", 16L << 30), (int) TimeUnit.HOURS.toSeconds(2));
    }

    /** Both directions of all conditions together have that many bytes, at least. */
    private void move(long bytes, int seconds) throws IOException, InterruptedException {
        long seed = Long.getLong("penstock.seed", System.nanoTime());
        System.out.println("seed: " + seed);
        String head = "BYTES=" + bytes / CONDITIONS / 2 + "\nSEED=" + seed + "\nROLE=";
        var accepting = guest("accept", 0, head, seconds);
        var asking = guest("ask", 1, head, seconds);
        String asked = asking.output(true);
        String accepted = accepting.output(true);
        for (String out : new String[] {accepted, asked}) {
            out.lines().filter(l -> l.matches("(condition|moved|frames):.*")).forEach(System.out::println);
        }
        held(accepted);
        held(asked);
        String[] both = (accepted + asked).split("condition: ", -1);
        for (String lossy : new String[] {"loss 0.1", "loss 1"}) {
            assertThat(sum(both, lossy, "dropped (\\d+)")).isPositive();
            assertThat(sum(both, lossy, "repaired=(\\d+)")).isPositive();
        }
        assertThat(sum(both, "clean", "repaired=(\\d+)")).as("without loss").isZero();
        assertThat(sum(both, "reordering", "early=(\\d+)")).isPositive();
        assertThat(sum(both, "duplication", "useless=(\\d+)")).isPositive();
        for (String condition : both) {
            assertThat(VerbsGuestIT.number(condition, "damaged=(\\d+)")).isZero();
        }
    }

    private static void held(String out) {
        assertThat(out).as(out).contains("all conditions held");
        assertThat(out.split("\nmoved: ", -1)).as(out).hasSize(CONDITIONS + 1);
    }

    /** Of both ends. */
    private static long sum(String[] sections, String condition, String pattern) {
        return Stream.of(sections)
                .filter(s -> s.startsWith(condition + "\n"))
                .mapToLong(s -> VerbsGuestIT.number(s, pattern))
                .sum();
    }

    private GuestKernel.Running guest(String role, int tap, String head, int seconds) throws IOException {
        return GuestKernel.start(
                role,
                head + role + "\n" + SCRIPT,
                seconds,
                temporary,
                Stream.of("ip", "netns", "exec", namespace),
                Stream.of("-N", role, "-n", "t" + tap, "-i", "10.77.0." + (2 + tap) + "/24", "-M", "4300"));
    }
}
