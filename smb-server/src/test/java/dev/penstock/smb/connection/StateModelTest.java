package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.auth.FailureDelay;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.metrics.Counters;
import dev.penstock.smb.state.Clients;
import dev.penstock.smb.state.Durables;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.state.Sessions;
import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.wire.dtyp.Guid;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sequences of what clients may do, from a seed, against the server and against {@link StateModel}: each status, each byte, each break of a
 * lease has to be the same. {@code -Dpenstock.model.seed=S} repeats one sequence, {@code -Dpenstock.model.sequences=N} makes more.
 */
class StateModelTest {
    private static final int SEQUENCES = Integer.getInteger("penstock.model.sequences", 10_000);
    private static final int STEPS = 30;

    @TempDir
    Path folder;

    @Test
    void theServerDoesWhatTheModelDoes() throws IOException {
        Long only = Long.getLong("penstock.model.seed");
        long first = only != null ? only : new Random().nextLong();
        int count = only != null ? 1 : SEQUENCES;
        System.out.println("model: " + count + " sequences from seed " + first);
        UserStore users = UserStore.inMemory();
        users.add("ada", "Lovelace");
        users.add("bob", "Builder");
        try (var share = new DiskShare("files", folder)) {
            for (long seed = first; seed < first + count; seed++) {
                run(share, users, seed);
            }
        }
    }

    private void run(DiskShare share, UserStore users, long seed) {
        var random = new Random(seed);
        var turns = new Turns(random);
        var slabs = new SlabPool(List.of(new SlabPool.SizeClass(8192, 8)));
        var server = new ServerState(
                "SERVER",
                Guid.ZERO,
                new ServerState.Policy(false, false, 4096),
                users,
                new FailureDelay(),
                Map.of("FILES", share),
                new Sessions(),
                new Clients(),
                new Durables(turns, turns.io()),
                slabs,
                turns.io(),
                turns,
                new Listening(),
                new Counters(),
                InstantSource.system());
        var steps = new StateSteps(server, turns, random, folder, seed);
        try {
            for (int step = 0; step < STEPS; step++) {
                steps.next();
            }
            steps.end();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ":\n" + steps.story(), e);
        }
        assertThat(server.sessions().size()).as("sessions left, seed %d", seed).isZero();
        assertThat(server.counters().snapshot().bugs())
                .as("defects, seed %d", seed)
                .isZero();
    }
}
