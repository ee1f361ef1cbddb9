package dev.penstock.cache.store.smb;

import dev.penstock.memory.Regions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Measures one way alone, for a bounded time: what a message takes there and back, and as many READs or WRITEs as usual at a time. */
final class RailMeter {
    private static final int ROUND_TRIPS = 51;

    /**
     * Bytes that a scratch file has at most; then it is written from its start again. The store has them in memory, since its link is measured and
     * not its disk, and has room for them.
     */
    private static final long SCRATCH_BYTES = 256 << 20;

    private final Rail rail;
    private final ShareConnection connection;

    private RailMeter(Rail rail, ShareConnection connection) {
        this.rail = rail;
        this.connection = connection;
    }

    /** Of a way that stands. */
    static RailMeter of(Rail rail) throws RailLostException {
        var connection = rail.standing();
        if (connection == null) {
            throw new RailLostException(rail.host() + ": " + rail.why(), rail.why());
        }
        return new RailMeter(rail, connection);
    }

    /**
     * Measures messages, and reading.
     *
     * @param file null for messages alone
     * @param parallel READs under way at a time
     * @throws IOException where the way is lost
     */
    SmbFileStore.Measured reading(@Nullable SmbFile file, int parallel, long nanos) throws IOException {
        long roundTrip = roundTrip();
        long speed = file == null || file.size() == 0 ? 0 : speedOfReading(file, parallel, nanos);
        return new SmbFileStore.Measured(roundTrip, speed, connection.places(), connection.deviceName());
    }

    private long speedOfReading(SmbFile file, int parallel, long nanos) throws IOException {
        int length = (int) Math.min(connection.readBytes(), file.size());
        Transfer read = (by, at, memory, slot) -> by.read(file, at, memory, slot, length);
        return speed(read, file.size(), length, parallel, nanos);
    }

    /**
     * Measures writing.
     *
     * @param folder of the scratch file
     * @param parallel WRITEs under way at a time
     * @throws IOException where the way is lost
     */
    SmbFileStore.Written writing(String folder, int parallel, long nanos) throws IOException {
        try (var scratch = ScratchFile.make(rail, connection, folder)) {
            int length = connection.writeBytes();
            Transfer write = (by, at, memory, slot) -> by.write(scratch, at, memory, slot, length);
            return new SmbFileStore.Written(speed(write, SCRATCH_BYTES, length, parallel, nanos), "");
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            if (connection.isOver() || !connection.equals(rail.standing())) {
                throw e;
            }
            return new SmbFileStore.Written(0, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
    }

    /** A READ or a WRITE; the answer is how many bytes it has moved. */
    private interface Transfer {
        int move(ShareConnection by, long offset, SmbTarget memory, long memoryOffset) throws IOException;
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

    /** Bytes a second, in transfers of this length to or from one place of the file after the other, and again from its start. */
    private long speed(Transfer transfer, long size, int length, int parallel, long nanos) throws IOException {
        long places = size / length;
        try (var arena = Arena.ofShared();
                var threads = Executors.newFixedThreadPool(
                        parallel,
                        Thread.ofPlatform().name("rail-meter-", 0).daemon().factory());
                var target = new SmbTarget(Regions.map((long) parallel * length, arena))) {
            target.memory()
                    .fill((byte) 1); // pages of its own, as data has: untouched ones are all the same page of zeros
            // The handle, the registration and the first transfer on the way are not measured.
            rail.call(connection, by -> transfer.move(by, 0, target, 0));
            var next = new AtomicLong();
            var bytes = new AtomicLong();
            long start = System.nanoTime();
            var running = new ArrayList<Future<?>>();
            for (int i = 0; i < parallel; i++) {
                long slot = (long) i * length;
                running.add(threads.submit(() -> {
                    while (System.nanoTime() - start < nanos) {
                        long offset = next.getAndIncrement() % places * length;
                        bytes.addAndGet(rail.call(connection, by -> transfer.move(by, offset, target, slot)));
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
