package dev.penstock.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.SimNetwork;
import dev.penstock.rdma.thunderbolt.PipedPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks, as threads, that measure their links. */
class LinkSurveyTest {
    private static final byte[] SECRET = {1, 2, 3};
    private static final Duration EACH = Duration.ofMillis(100);

    @Test
    void allPairsMeetOnceWhateverTheirNumber() {
        for (int size = 2; size <= 17; size++) {
            var left = new ArrayList<ArrayList<Integer>>();
            for (int rank = 0; rank < size; rank++) {
                var order = LinkSurvey.order(rank, size);
                int self = rank;
                assertThat(order)
                        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, size)
                                .filter(other -> other != self)
                                .boxed()
                                .toList());
                left.add(new ArrayList<>(order));
            }
            int rounds = 0;
            while (left.stream().anyMatch(order -> !order.isEmpty())) {
                var next = left.stream()
                        .map(order -> order.isEmpty() ? -1 : order.getFirst())
                        .toList();
                boolean any = false;
                for (int rank = 0; rank < size; rank++) {
                    int other = next.get(rank);
                    if (other >= 0 && next.get(other) == rank) {
                        left.get(rank).removeFirst();
                        any = true;
                    }
                }
                assertThat(any).as("%d ranks wait for each other", size).isTrue();
                rounds++;
            }
            assertThat(rounds).isLessThanOrEqualTo(size + size % 2 - 1);
        }
    }

    private static Device open(String kind) throws IOException {
        return switch (kind) {
            case "sim" -> SimNetwork.realTime(1, FaultPlan.NONE).device();
            case "thunderbolt" -> PipedPorts.device(0, 0, 0, 60, 1);
            default -> RdmaProvider.named(kind).orElseThrow().open(DeviceOptions.DEFAULT);
        };
    }

    /** What a rank knows of one other: figures, or why there are none. */
    private record Known(LinkSurvey.Figures figures, String problem) {}

    /** A rank whose secret is null listens for a moment, and is gone. */
    private static List<Map<Integer, Known>> survey(Device device, Duration coming, List<byte[]> secrets)
            throws Exception {
        int size = secrets.size();
        var listening = new ArrayList<CompletableFuture<InetSocketAddress>>();
        secrets.forEach(_ -> listening.add(new CompletableFuture<>()));
        var results = new ArrayList<CompletableFuture<Map<Integer, Known>>>();
        for (int i = 0; i < size; i++) {
            int rank = i;
            var result = new CompletableFuture<Map<Integer, Known>>();
            results.add(result);
            Thread.ofPlatform().name("rank-" + rank).start(() -> {
                try {
                    var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
                    var bootstrap = CollectiveBootstrap.listen(device, any);
                    listening.get(rank).complete(bootstrap.localAddress());
                    var all = listening.stream().map(CompletableFuture::join).toList();
                    if (secrets.get(rank) == null) {
                        bootstrap.close();
                        result.complete(Map.of());
                        return;
                    }
                    var times = new LinkSurvey.Times(coming, EACH);
                    Map<Integer, Known> known;
                    try (var survey = LinkSurvey.gather(bootstrap, rank, all, secrets.get(rank), times)) {
                        known = known(survey, rank, size);
                    }
                    result.complete(known);
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        }
        var known = new ArrayList<Map<Integer, Known>>();
        for (var result : results) {
            known.add(result.get(60, TimeUnit.SECONDS));
        }
        return known;
    }

    private static Map<Integer, Known> known(LinkSurvey survey, int rank, int size) throws CollectiveException {
        var known = new TreeMap<Integer, Known>();
        for (int other : LinkSurvey.order(rank, size)) {
            String problem = survey.problem(other);
            if (problem == null) {
                known.put(other, new Known(survey.measure(other), ""));
            } else {
                assertThatThrownBy(() -> survey.measure(other)).isInstanceOf(CollectiveException.class);
                known.put(other, new Known(null, problem));
            }
        }
        return known;
    }

    @ParameterizedTest
    @ValueSource(strings = {"iwarp", "sim", "thunderbolt"})
    void threeRanksMeasureTheirLinksAndBothEndsAgree(String kind) throws Exception {
        try (Device device = open(kind)) {
            var known = survey(device, Duration.ofSeconds(30), List.of(SECRET, SECRET, SECRET));
            for (int from = 0; from < 3; from++) {
                assertThat(known.get(from)).hasSize(2);
                for (int to = from + 1; to < 3; to++) {
                    var one = known.get(from).get(to).figures;
                    var other = known.get(to).get(from).figures;
                    assertThat(one.roundTripNanos()).isPositive();
                    assertThat(other.roundTripNanos()).isPositive();
                    // The ends begin to count at different chunks.
                    assertThat(one.sending() / other.receiving()).isBetween(0.1, 10.0);
                    assertThat(one.receiving() / other.sending()).isBetween(0.1, 10.0);
                }
            }
            assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
        }
    }

    @Test
    void whereARankDoesNotComeTheOthersMeasureAndItIsNamed() throws Exception {
        try (Device device = open("iwarp")) {
            var secrets = new ArrayList<>(List.of(SECRET, SECRET, SECRET));
            secrets.set(1, null);
            var known = survey(device, Duration.ofSeconds(2), secrets);
            assertThat(known.get(0).get(1).problem).isEqualTo("rank 1 has not joined");
            assertThat(known.get(2).get(1).problem).contains("rank 1 has not joined", "refused");
            assertThat(known.get(0).get(2).figures.sending()).isPositive();
            assertThat(known.get(2).get(0).figures.sending()).isPositive();
            assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
        }
    }

    @Test
    void aRankWithAnotherSecretIsMeasuredByNobody() throws Exception {
        try (Device device = open("iwarp")) {
            var known = survey(device, Duration.ofSeconds(3), List.of(SECRET, new byte[] {4}, SECRET));
            assertThat(known.get(0).get(1).problem).contains("rank 1");
            assertThat(known.get(1).get(0).problem).contains("secret");
            assertThat(known.get(1).get(2).problem).contains("rank 2");
            assertThat(known.get(2).get(1).problem).contains("secret");
            assertThat(known.get(0).get(2).figures).isNotNull();
        }
    }
}
