package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Two guests joined by tap devices in a network namespace, for which it takes root's rights. They have the addresses {@link #address}. */
final class TwoGuests implements AutoCloseable {
    private final String namespace = "penstock-" + ProcessHandle.current().pid();
    private final Path scratch;

    TwoGuests(Path scratch) throws IOException, InterruptedException {
        this.scratch = scratch;
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

    static String address(int guest) {
        return "10.77.0." + (2 + guest);
    }

    /** Boots one of the two; its device is vec0. */
    GuestKernel.Running start(int guest, String script, int seconds) throws IOException {
        String name = "guest" + guest;
        return GuestKernel.start(
                name,
                guest,
                script,
                seconds,
                scratch,
                Stream.of("ip", "netns", "exec", namespace),
                Stream.of("-N", name, "-n", "t" + guest, "-i", address(guest) + "/24", "-M", "4300"));
    }

    /**
     * Takes the cable between them out, or puts it back: frames get lost without a word to either. A tap that is down would refuse them, and
     * the guest's device then stands still for a minute.
     */
    void plug(boolean in) throws IOException, InterruptedException {
        assertThat(shell("ip -n " + namespace + " link set t1 " + (in ? "master br0" : "nomaster")))
                .isZero();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        shell("ip netns del " + namespace);
    }

    private static int shell(String command) throws IOException, InterruptedException {
        return new ProcessBuilder("/bin/bash", "-c", command)
                .inheritIO()
                .start()
                .waitFor();
    }
}
