package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two machines that move bytes over the unreliable connections of rxe with netem on both sides, and that lose each other when the cable between
 * them is taken out.
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

    /** Each kind of connections in turn; a device under one name at a time, for which adapter an address means is not told otherwise. */
    private static final String CUT = VerbsGuestIT.HEAD + """
            ranks() {
              guest_java dev.penstock.rdma.verbs.CutRank $RANK "$@" %s %s || { dmesg | tail -30; exit 1; }
            }
            rxe vec0
            ranks rxe thunderbolt
            ranks rxe verbs
            rdma link del rxe_vec0
            siw vec0
            ranks siw verbs
            exit 0
            """.formatted(TwoGuests.address(0), TwoGuests.address(1));

    private static final int CONDITIONS = 5;
    private static final long SHORT = 64L << 20;

    @TempDir
    Path temporary;

    @Test
    void everyByteArrivesOnceAndInOrderWhateverTheNetworkDoes() throws IOException, InterruptedException {
        move(CONDITIONS * SHORT, 240);
    }

    @Test
    @Tag("long") // 16 GiB, or what uc.bytes says
    void everyByteArrivesOnceAndInOrderForLong() throws IOException, InterruptedException {
        move(Long.getLong("uc.bytes", 16L << 30), (int) TimeUnit.HOURS.toSeconds(2));
    }

    @Test
    void aGroupKnowsOfACableThatIsOutWithinASecondAndFormsAgainWhenItIsBack() throws IOException, InterruptedException {
        var running = new ArrayList<GuestKernel.Running>();
        try (var guests = new TwoGuests(temporary)) {
            for (int rank = 0; rank < 2; rank++) {
                running.add(guests.start(rank, "RANK=" + rank + "\n" + CUT, 240));
            }
            for (String carrier : new String[] {"thunderbolt on rxe", "verbs on rxe", "verbs on siw"}) {
                said(running, carrier + " sums up");
                guests.plug(false);
                for (String line : said(running, carrier + " lost after ")) {
                    System.out.println(line);
                    assertThat(VerbsGuestIT.number(line, "lost after (\\d+) ms"))
                            .as(line)
                            .isLessThan(1_000);
                }
                guests.plug(true);
                said(running, carrier + " sums up again");
            }
            for (var guest : running) {
                guest.output(true);
            }
        }
    }

    /** The lines of both that begin so, once they are there. */
    private static List<String> said(List<GuestKernel.Running> guests, String beginning)
            throws IOException, InterruptedException {
        Callable<List<String>> lines = () -> {
            var found = new ArrayList<String>();
            for (var guest : guests) {
                guest.output(false)
                        .lines()
                        .filter(l -> l.startsWith(beginning))
                        .findFirst()
                        .ifPresent(found::add);
            }
            return found;
        };
        try {
            return await().atMost(Duration.ofSeconds(60)).until(lines, found -> found.size() == guests.size());
        } catch (ConditionTimeoutException e) {
            for (var guest : guests) {
                System.out.println(guest.output(false));
            }
            throw new AssertionError("not said by both: " + beginning, e);
        }
    }

    /** Both directions of all conditions together have that many bytes, at least. */
    private void move(long bytes, int seconds) throws IOException, InterruptedException {
        long seed = Long.getLong("penstock.seed", System.nanoTime());
        System.out.println("seed: " + seed);
        String head = "BYTES=" + bytes / CONDITIONS / 2 + "\nSEED=" + seed + "\nROLE=";
        String accepted;
        String asked;
        try (var guests = new TwoGuests(temporary)) {
            var accepting = guests.start(0, head + "accept\n" + SCRIPT, seconds);
            var asking = guests.start(1, head + "ask\n" + SCRIPT, seconds);
            asked = asking.output(true);
            accepted = accepting.output(true);
        }
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
}
