package dev.penstock.smb.server;

import dev.penstock.smb.command.Alarms;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Alarms of the machine's own clock, whose tasks run on the I/O threads. Thread-safe. */
record IoAlarms(ScheduledExecutorService clock, Executor io) implements Alarms {
    @Override
    public Alarm after(long millis, Runnable task) {
        try {
            Future<?> future = clock.schedule(() -> io.execute(task), millis, TimeUnit.MILLISECONDS);
            return () -> future.cancel(false);
        } catch (RejectedExecutionException e) {
            return () -> {}; // the server stops, and with it whatever was waited for
        }
    }
}
