package dev.penstock.cache.store.smb;

import dev.penstock.memory.Regions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Measures one way alone, for a bounded time: what a message takes there and back, then as many READs as usual at a time. */
final class RailMeter {
    private static final int ROUND_TRIPS = 51;

    private final Rail rail;
    private final ShareConnection connection;

    private RailMeter(Rail rail, ShareConnection connection) {
        this.rail = rail;
        this.connection = connection;
    }

    /**
     * Measures.
     *
     * @param parallel READs under way at a time
     * @throws IOException where the way is lost, or was never there
     */
    static SmbFileStore.Measured measure(Rail rail, SmbFile file, int parallel, long nanos) throws IOException {
        var connection = rail.standing();
        if (connection == null) {
            throw new RailLostException(rail.host() + ": " + rail.why(), rail.why());
        }
        var meter = new RailMeter(rail, connection);
        long roundTrip = meter.roundTrip();
        long speed = file.size() == 0 ? 0 : meter.speed(file, parallel, nanos);
        return new SmbFileStore.Measured(roundTrip, speed, connection.places(), connection.deviceName());
    }

    /** The median. */
    private long roundTrip() throws IOException {
        var times = new long[ROUND_TRIPS];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            rail.call(connection, ShareConnection::echo);
            times[i] = System.nanoTime() - start;
        }
        Arrays.sort(times);
        return times[ROUND_TRIPS / 2];
    }

    /** Bytes a second. */
    private long speed(SmbFile file, int parallel, long nanos) throws IOException {
        int length = (int) Math.min(connection.readBytes(), file.size());
        try (var arena = Arena.ofShared();
                var readers = Executors.newFixedThreadPool(
                        parallel,
                        Thread.ofPlatform().name("rail-meter-", 0).daemon().factory());
                var target = new SmbTarget(Regions.map((long) parallel * length, arena))) {
            // The handle, the registration and the first READ on the way belong to no transfer.
            rail.call(connection, by -> by.read(file, 0, target, 0, length));
            var next = new AtomicLong();
            var bytes = new AtomicLong();
            long start = System.nanoTime();
            var running = new ArrayList<Future<?>>();
            for (int i = 0; i < parallel; i++) {
                long slot = (long) i * length;
                running.add(readers.submit(() -> {
                    while (System.nanoTime() - start < nanos) {
                        long offset = Math.floorMod(next.getAndAdd(length), file.size() - length + 1);
                        bytes.addAndGet(rail.call(connection, by -> by.read(file, offset, target, slot, length)));
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
            return bytes.get() * 1_000_000_000L / Math.max(1, System.nanoTime() - start);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while measuring");
        }
    }
}
