package dev.penstock.collective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.sim.FaultPlan;
import dev.penstock.rdma.sim.SimCrew;
import dev.penstock.rdma.sim.SimNetwork;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Groups in virtual time that a seed has compute until a rank leaves, its machine vanishes, or nothing passes any more: all others know soon, and
 * form the group again. {@code -Dpenstock.seed} repeats the seed that a failure names, and searches from there on.
 */
class CollectiveSoakTest {
    private static final long SEED = Long.getLong("penstock.seed", 20261123);
    private static final FaultPlan CABLE = FaultPlan.delay(Duration.ofNanos(5_000), Duration.ofNanos(20_000));
    private static final CollectiveOptions OPTIONS =
            new CollectiveOptions(4096, Duration.ofSeconds(10), Duration.ofSeconds(10), 0, 0);

    /** What a group promises. */
    private static final Duration LIMIT = Duration.ofSeconds(1);

    /** What ends the first life of a group. */
    private enum Break {
        /** A rank closes it. */
        LEAVES,
        /** Its machine is gone; another one takes its place. */
        DIES,
        CUT
    }

    /** Nothing of a rank's own goes on. */
    private static final class Gone extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** One group's story. What its ranks share needs no lock: one of the crew runs at a time. */
    private static final class Story {
        final Random random;
        final SimNetwork network;
        final Supplier<Device> machines;
        final List<Device> devices = new ArrayList<>();
        final Device[] current;
        final SimCrew crew;
        final int ranks;
        final int lives;
        final InetSocketAddress[][] addresses;
        final Break how;
        final int breaker;
        final int steps;
        final int[] broken;
        final long seed;
        long brokenAt = Long.MAX_VALUE;
        long latest;

        Story(long seed, SimNetwork network, Supplier<Device> machines) {
            this.random = new Random(seed);
            this.seed = seed;
            this.network = network;
            this.machines = machines;
            crew = network.crew();
            ranks = 2 + random.nextInt(3);
            lives = 2;
            addresses = new InetSocketAddress[lives][ranks];
            how = Break.values()[random.nextInt(3)];
            breaker = random.nextInt(ranks);
            steps = random.nextInt(40);
            broken = new int[lives];
            current = new Device[ranks];
            for (int i = 0; i < ranks; i++) {
                current[i] = machine();
            }
        }

        private Device machine() {
            Device made = machines.get();
            devices.add(made);
            return made;
        }

        void run() throws InterruptedException {
            var works = new ArrayList<SimCrew.Work>();
            for (int i = 0; i < ranks; i++) {
                int rank = i;
                works.add(() -> live(rank));
            }
            crew.run(TimeUnit.SECONDS.toNanos(30), works);
            assertThat(broken[0]).as("ranks that were told").isEqualTo(how == Break.CUT ? ranks : ranks - 1);
            assertThat(Duration.ofNanos(latest - brokenAt)).as("until all knew").isLessThan(LIMIT);
        }

        private void live(int rank) throws Exception {
            for (int life = 0; life < lives; life++) {
                var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
                var bootstrap = CollectiveBootstrap.listen(current[rank], any);
                addresses[life][rank] = bootstrap.localAddress();
                int now = life;
                while (Arrays.stream(addresses[now]).anyMatch(a -> a == null)) {
                    crew.rest(1_000_000);
                }
                network.mend();
                try (var group = bootstrap.join(OPTIONS, rank, List.of(addresses[life]), new byte[] {1})) {
                    compute(group, life == 0);
                } catch (Gone e) {
                    current[rank] = machine();
                } catch (CollectiveException e) {
                    if (life > 0) {
                        throw e;
                    }
                    broken[life]++;
                    assertThat(brokenAt).as("broken by nobody: " + e).isLessThan(Long.MAX_VALUE);
                }
            }
        }

        private void compute(Collective group, boolean breaks) throws IOException, Gone {
            try {
                group.barrier(); // from here on it stands for all
                for (int step = 0; step < 40; step++) {
                    if (breaks && step == steps && group.rank() == breaker) {
                        brokenAt = network.nanoTime();
                        switch (how) {
                            case LEAVES -> {
                                return;
                            }
                            case DIES -> {
                                network.vanish(current[breaker]);
                                throw new Gone();
                            }
                            case CUT -> network.cut();
                        }
                    }
                    operation(group, new Random(seed * 1_000 + step));
                }
                group.barrier();
            } catch (CollectiveException e) {
                latest = Math.max(latest, network.nanoTime());
                throw e;
            }
        }

        private void operation(Collective group, Random same) throws CollectiveException {
            switch (same.nextInt(3)) {
                case 0 -> group.barrier();
                case 1 -> {
                    int n = same.nextInt(3_000);
                    var memory = Arena.ofAuto().allocate(n * 4L + 4, 64);
                    for (int i = 0; i < n; i++) {
                        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, i * (group.rank() + 1));
                    }
                    group.allReduce(memory.asSlice(0, n * 4L), n);
                    for (int i = 0; i < n; i++) {
                        assertThat(memory.getAtIndex(ValueLayout.JAVA_FLOAT, i))
                                .isEqualTo((float) i * (ranks * (ranks + 1) / 2));
                    }
                }
                default -> {
                    byte[] bytes = new byte[1 + same.nextInt(10_000)];
                    int root = same.nextInt(ranks);
                    same.nextBytes(bytes);
                    var memory = Arena.ofAuto().allocate(bytes.length);
                    if (group.rank() == root) {
                        memory.copyFrom(MemorySegment.ofArray(bytes));
                    }
                    group.broadcast(memory, root);
                    assertThat(memory.mismatch(MemorySegment.ofArray(bytes))).isEqualTo(-1);
                }
            }
        }
    }

    private static void plain(int seeds) {
        for (long seed = SEED; seed < SEED + seeds; seed++) {
            var network = SimNetwork.virtual(seed, CABLE);
            tell(new Story(seed, network, network::device));
        }
    }

    private static void thunderbolt(int seeds, FaultPlan faults) {
        for (long seed = SEED; seed < SEED + seeds; seed++) {
            var network = SimNetwork.virtual(seed, faults);
            tell(new Story(seed, network, () -> network.thunderbolt(60)));
            assertThat(network.openPorts()).as("ports").isZero();
        }
    }

    private static void tell(Story story) {
        try {
            story.run();
            for (Device device : story.devices) {
                assertThat(device.held()).isEqualTo(new Device.Held(0, 0, 0));
                device.close();
            }
        } catch (InterruptedException | IllegalStateException | AssertionError e) {
            throw new AssertionError("penstock.seed=" + story.seed, e);
        }
    }

    @Test
    void groupsBreakAndFormAgainOverTheEngine() {
        plain(100);
    }

    @Test
    void groupsBreakAndFormAgainOverFramesThatAllArrive() {
        thunderbolt(50, CABLE);
    }

    @Test
    void groupsBreakAndFormAgainOverFramesThatGetLost() {
        thunderbolt(50, CABLE.unreliable(0.01, 0.005, 0.01).damaging(0.005));
    }

    @Test
    @Tag("long")
    void thousandsOfThem() {
        plain(3_000);
        thunderbolt(1_000, CABLE);
        thunderbolt(1_000, CABLE.unreliable(0.02, 0.01, 0.02).damaging(0.01));
    }
}
