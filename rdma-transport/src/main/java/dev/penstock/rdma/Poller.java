package dev.penstock.rdma;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop that owns a completion queue, and the one place where other threads hand it work.
 *
 * <p>It polls, gives each completion to the {@link QueuePairHandler} of its pair, runs what {@link #execute} was given, spins for a
 * while when there is nothing, then parks. {@link #start} gives it a thread; without one a simulation drives it by {@link #runOnce}.
 */
public final class Poller implements Executor, AutoCloseable {
    /** Time between two calls of {@link QueuePairHandler#tick}, in nanoseconds: fine enough for timers that are seconds long. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Completions taken per poll: a few microseconds of work, so that tasks do not wait long. */
    private static final int BATCH = 64;

    /** A busy loop looks at the clock once in so many turns: each may move some MiB, but is over in a few milliseconds. */
    private static final int TURNS_PER_TICK = 16;

    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

    private final CompletionQueue queue;
    private final long spinNanos;
    private int turnsPerTick = TURNS_PER_TICK;
    private final WorkCompletion[] batch = new WorkCompletion[BATCH];
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** Set while a wake-up is on its way, so that a burst of tasks costs one. */
    private final AtomicBoolean woken = new AtomicBoolean();

    private final List<QueuePairHandler> ticked = new ArrayList<>();
    private long nextTick;
    private volatile boolean closed;
    private volatile @Nullable Thread thread;

    /**
     * A loop without a thread.
     *
     * @param spinNanos how long to poll an idle queue before parking; 0 where processors are scarce
     */
    public Poller(CompletionQueue queue, long spinNanos) {
        this.queue = queue;
        this.spinNanos = spinNanos;
        for (int i = 0; i < BATCH; i++) {
            batch[i] = new WorkCompletion();
        }
        this.nextTick = queue.nanoTime() + TICK_NANOS;
    }

    /** Has the loop look at the clock at every turn: for handlers whose times are well below a second. Before {@link #start}. */
    public Poller punctual() {
        turnsPerTick = 1;
        return this;
    }

    /** Starts the owner thread. */
    public Poller start(String name) {
        var owner = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
        thread = owner;
        owner.start();
        return this;
    }

    /** The queue. */
    public CompletionQueue queue() {
        return queue;
    }

    /** Whether the caller is the loop's thread. */
    public boolean owns() {
        return Thread.currentThread() == thread;
    }

    /** Has the loop run a task soon. Any thread; the order of one thread's tasks is kept. */
    @Override
    public void execute(Runnable task) {
        if (closed) {
            throw new RejectedExecutionException("the poller is closed");
        }
        tasks.add(task);
        if (!owns() && woken.compareAndSet(false, true)) {
            queue.wakeup();
        }
    }

    /** Begins to call the handler's {@link QueuePairHandler#tick}. Owner only. */
    public void attach(QueuePairHandler handler) {
        ticked.add(handler);
    }

    /** Ends it. Owner only. */
    public void detach(QueuePairHandler handler) {
        ticked.remove(handler);
    }

    /** One turn: tasks, completions, ticks. Owner only. */
    public boolean runOnce() {
        boolean worked = work();
        tick(queue.nanoTime());
        return worked;
    }

    private boolean work() {
        boolean worked = runTasks();
        int n = queue.poll(batch);
        for (int i = 0; i < n; i++) {
            dispatch(batch[i]);
        }
        return worked || n > 0;
    }

    private void tick(long now) {
        if (now - nextTick >= 0) {
            nextTick = now + TICK_NANOS;
            for (QueuePairHandler handler : List.copyOf(ticked)) {
                guarded(() -> handler.tick(now));
            }
        }
    }

    /** Stops the thread, after the tasks that it has. Waits for it unless called on it. */
    @Override
    public void close() {
        closed = true;
        queue.wakeup();
        var owner = thread;
        if (owner == null || owner == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (owner.isAlive()) {
            try {
                owner.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            if (spinNanos > 0) {
                spin();
            } else {
                park();
            }
        } catch (RuntimeException | Error e) {
            LOG.error("the poller failed; all its connections are lost", e);
            closed = true;
            for (QueuePairHandler handler : List.copyOf(ticked)) {
                guarded(() -> handler.abandoned("the loop that served it has failed: " + e));
            }
        }
        runTasks();
        guarded(queue::close);
    }

    private void spin() {
        long idleSince = queue.nanoTime();
        while (!closed) {
            if (runOnce()) {
                idleSince = queue.nanoTime();
            } else if (queue.nanoTime() - idleSince < spinNanos) {
                Thread.onSpinWait();
            } else if (queue.await(TICK_NANOS)) {
                idleSince = queue.nanoTime();
            }
        }
    }

    /** Parks before each turn, which costs nothing where there is work, and else spares a poll that would find nothing. */
    private void park() {
        int turns = 0;
        while (!closed) {
            boolean early = !tasks.isEmpty() || queue.await(TICK_NANOS);
            work();
            if (!early || ++turns >= turnsPerTick) {
                turns = 0;
                tick(queue.nanoTime());
            }
        }
    }

    private boolean runTasks() {
        woken.set(false);
        boolean worked = false;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            guarded(task);
            worked = true;
        }
        return worked;
    }

    private void dispatch(WorkCompletion completion) {
        if (completion.queuePair().events() instanceof QueuePairHandler handler) {
            try {
                handler.completed(completion);
            } catch (RuntimeException | AssertionError e) {
                LOG.error("a completion's handler failed; its connection is closed", e);
                completion.queuePair().close();
            }
        }
    }

    /** A mistake in one connection's code must not end the loop of all others. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("a task of the poller failed", e);
        }
    }
}
