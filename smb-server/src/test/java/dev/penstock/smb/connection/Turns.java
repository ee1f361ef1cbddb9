package dev.penstock.smb.connection;

import dev.penstock.smb.command.Alarms;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * All threads of a server and its clock, in the hands of a test: loops do their tasks in order, the I/O threads in any, and whose turn it is the
 * seed decides.
 */
final class Turns implements Alarms {
    private final Random random;
    private final List<ArrayDeque<Runnable>> loops = new ArrayList<>();
    private final List<Runnable> io = new ArrayList<>();
    private final List<Due> alarms = new ArrayList<>();
    private long now;
    private boolean running;

    private record Due(long at, Runnable task) {}

    Turns(Random random) {
        this.random = random;
    }

    /** A loop of its own. */
    Executor loop() {
        var queue = new ArrayDeque<Runnable>();
        loops.add(queue);
        return queue::add;
    }

    Executor io() {
        return io::add;
    }

    long now() {
        return now;
    }

    @Override
    public Alarm after(long millis, Runnable task) {
        var due = new Due(now + millis, task);
        alarms.add(due);
        return () -> alarms.remove(due);
    }

    /** Nothing more is to be done at this moment. */
    void settle() {
        if (running) {
            return;
        }
        running = true;
        try {
            Runnable next = next();
            while (next != null) {
                next.run();
                next = next();
            }
        } finally {
            running = false;
        }
    }

    private Runnable next() {
        var choices = new ArrayList<ArrayDeque<Runnable>>();
        for (ArrayDeque<Runnable> loop : loops) {
            if (!loop.isEmpty()) {
                choices.add(loop);
            }
        }
        int all = choices.size() + io.size();
        if (all == 0) {
            return null;
        }
        int choice = random.nextInt(all);
        return choice < choices.size() ? choices.get(choice).remove() : io.remove(choice - choices.size());
    }

    /** Time passes, and whatever is due is done in its order. */
    void pass(long millis) {
        long until = now + millis;
        while (true) {
            Due due = alarms.stream().min(Comparator.comparingLong(Due::at)).orElse(null);
            if (due == null || due.at > until) {
                break;
            }
            now = due.at;
            alarms.remove(due);
            due.task.run();
            settle();
        }
        now = until;
    }
}
