package dev.penstock.smb.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InTurnTest {
    private static final int TASKS = 1_000;

    private final InTurn turns = new InTurn();

    @Test
    void tasksRunOneAtATimeInTheOrderInWhichTheyCame() throws InterruptedException {
        var order = new ArrayList<Integer>();
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        var all = new CountDownLatch(TASKS);
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < TASKS; i++) {
                int mine = i;
                turns.execute(pool, () -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    order.add(mine);
                    running.decrementAndGet();
                    all.countDown();
                });
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(most.get()).isOne();
        assertThat(order).isEqualTo(IntStream.range(0, TASKS).boxed().toList());
    }

    @Test
    void aLongRowGivesTheThreadToOthersInBetween() {
        var pool = new ArrayDeque<Runnable>();
        var done = new ArrayList<Integer>();
        for (int i = 0; i < 40; i++) {
            int mine = i;
            turns.execute(pool::add, () -> done.add(mine));
        }
        assertThat(pool).hasSize(1);
        pool.remove().run();
        assertThat(done).hasSizeLessThan(40);
        while (!pool.isEmpty()) {
            pool.remove().run();
        }
        assertThat(done).hasSize(40).isSorted();
    }

    @Test
    void aPoolThatTakesNothingIsReportedAndWhatCameMeanwhileRunsAllTheSame() {
        List<String> done = new ArrayList<>();
        Executor full = _ -> {
            turns.execute(Runnable::run, () -> done.add("second"));
            throw new RejectedExecutionException();
        };
        assertThatThrownBy(() -> turns.execute(full, () -> done.add("first")))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(done).containsExactly("second");
        turns.execute(Runnable::run, () -> done.add("third"));
        assertThat(done).containsExactly("second", "third");
    }

    @Test
    void aTaskThatFailsDoesNotKeepThoseBehindItFromTheirTurn() {
        var pool = new ArrayDeque<Runnable>();
        List<String> done = new ArrayList<>();
        turns.execute(pool::add, () -> {
            throw new IllegalStateException("first");
        });
        turns.execute(pool::add, () -> done.add("second"));
        assertThatThrownBy(pool.remove()::run).hasMessage("first");
        assertThat(done).containsExactly("second");
    }
}
