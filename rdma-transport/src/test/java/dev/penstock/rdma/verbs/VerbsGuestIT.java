package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract on the kernel's software adapters, rxe and siw, and over rxe's unreliable connections, in the guest kernel that PENSTOCK_UML names.
 * docs/testing.md says what that is.
 */
class VerbsGuestIT {
    static final String HEAD = """
            . /guest.sh
            guest_java() {
              "$JAVA" -ea -Xmx96m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp "$CLASSPATH_" "$@"
            }
            """;

    private static final String RELIABLE = HEAD + """
            dum dummy0 10.8.0.1
            rxe dummy0
            ip link add dummy1 type dummy
            ip link set dummy1 mtu 9000 address 02:00:00:00:0a:01 up
            ip addr add 10.8.1.1/24 dev dummy1
            siw dummy1
            contract() {
              echo "$1 on $2"
              guest_java -Dverbs.address=$2 dev.penstock.rdma.verbs.GuestTests dev.penstock.rdma.verbs.$1
              failures=$?
              [ $failures = 0 ] || dmesg | tail -30
              echo "failures: $failures"
            }
            contract VerbsContract 10.8.0.1
            contract VerbsContract 10.8.1.1
            exit 0
            """;

    /**
     * Two adapters at the ends of a pair of devices, since what one adapter sends to itself goes through no device. The kernel routes to its
     * own addresses by loopback, but where the sender names the device, which rxe does; so the frames go over the pair, where netem is, and the
     * side channel, which names none, by loopback. It is told to come from the other end's address: that says which adapter to use.
     */
    private static final String UNRELIABLE = HEAD + """
            ip link add va address 02:00:00:00:0b:01 type veth peer name vb address 02:00:00:00:0b:02
            ip link set va mtu 4300 up
            ip link set vb mtu 4300 up
            ip addr add 10.9.0.1/24 dev va
            ip addr add 10.9.0.2/24 dev vb
            for i in all va vb; do
              echo 1 > /proc/sys/net/ipv4/conf/$i/accept_local
              echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter
            done
            ip route replace local 10.9.0.2 dev vb table local scope host src 10.9.0.1
            rxe va
            rxe vb
            contract=dev.penstock.rdma.verbs.UcContract
            begin="tc qdisc replace dev va root netem \\$faults && tc qdisc replace dev vb root netem \\$faults"
            end="tc -s qdisc show dev va; tc -s qdisc show dev vb; tc qdisc del dev va root; tc qdisc del dev vb root"
            guest_java -Dverbs.address=10.9.0.2 dev.penstock.rdma.verbs.GuestTests \\
              "!echo condition: clean; faults='limit 1000'; $begin" $contract "!$end" \\
              "!echo condition: loss 0.1; faults='loss 0.1%'; $begin" $contract "!$end" \\
              "!echo condition: loss 1; faults='loss 1%'; $begin" $contract "!$end" \\
              "!echo condition: reordering; faults='delay 1ms reorder 25% 50%'; $begin" $contract "!$end" \\
              "!echo condition: duplication; faults='duplicate 1%'; $begin" $contract "!$end"
            failures=$?
            [ $failures = 0 ] || dmesg | tail -30
            echo "failures: $failures"
            exit 0
            """;

    private static final int UNRELIABLE_TESTS = 30;

    @TempDir
    Path temporary;

    @Test
    void theContractHoldsOnRxeAndOnSiw() throws IOException, InterruptedException {
        String out = GuestKernel.run(RELIABLE, 180, temporary);
        assertThat(out.split("failures: 0", -1)).as(out).hasSize(3);
        assertThat(out).contains("tests: 31 passed", "tests: 28 passed");
    }

    @Test
    void theContractHoldsOverUnreliableConnectionsThatLoseReorderAndDouble() throws IOException, InterruptedException {
        String out = GuestKernel.run(UNRELIABLE, 280, temporary);
        assertThat(out).as(out).contains("failures: 0");
        out.lines().filter(l -> l.matches("(condition|frames):.*")).forEach(System.out::println);
        String[] conditions = out.split("condition: ", -1);
        assertThat(conditions).as(out).hasSize(6);
        for (int i = 1; i < conditions.length; i++) {
            assertThat(conditions[i]).contains("tests: " + UNRELIABLE_TESTS + " passed");
            // netem saw the frames, and was on their way.
            assertThat(number(conditions[i], "bytes (\\d+) pkt")).isGreaterThan(1_000);
        }
        assertThat(number(conditions[1], "(\\d+) repaired")).as("without loss").isZero();
        assertThat(number(conditions[1], "(\\d+) useless")).isZero();
        assertThat(number(conditions[1], "(\\d+) placed")).as("past the frames").isPositive();
        assertThat(number(conditions[1], "(\\d+) fell back")).isZero();
        for (int loss = 2; loss <= 3; loss++) {
            assertThat(number(conditions[loss], "dropped (\\d+)")).isPositive();
            assertThat(number(conditions[loss], "(\\d+) repaired")).isPositive();
            assertThat(number(conditions[loss], "(\\d+) fell back")).isPositive();
        }
        assertThat(number(conditions[4], "(\\d+) early")).isPositive();
        assertThat(number(conditions[5], "(\\d+) useless")).isPositive();
    }

    /** The sum of all numbers that the pattern finds. */
    static long number(String in, String pattern) {
        return Pattern.compile(pattern)
                .matcher(in)
                .results()
                .mapToLong(r -> Long.parseLong(r.group(1)))
                .sum();
    }
}
