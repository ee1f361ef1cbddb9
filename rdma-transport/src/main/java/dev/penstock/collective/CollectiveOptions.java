package dev.penstock.collective;

import java.time.Duration;

/**
 * How a group behaves.
 *
 * @param chunkBytes what one exchange carries; longer data takes several. A rank has {@code 2 * ranks * chunkBytes} of buffers
 * @param joinTimeout until all ranks are there
 * @param operationTimeout until all ranks have come to an operation
 * @param spinNanos how long to poll without a pause: a few times the latency of the link where a processor can be spared, else 0. Not done
 *     where more ranks run on this machine than it has processors
 * @param yieldNanos how long after that to poll while nobody else wants the processor, before parking. A rank waits here for one that
 *     computes longer than it did; a processor that parked is woken too late, and comes back slower
 */
public record CollectiveOptions(
        int chunkBytes, Duration joinTimeout, Duration operationTimeout, long spinNanos, long yieldNanos) {
    /**
     * 256 KiB holds the activations of 16 tokens of a model with 4096 columns. A rank that computes for longer than 30 seconds between
     * two operations is taken for stuck. 50 microseconds is a few round trips on loopback; 5 ms, what two ranks differ by in half a
     * layer of a large model.
     */
    public static final CollectiveOptions DEFAULT =
            new CollectiveOptions(256 << 10, Duration.ofSeconds(30), Duration.ofSeconds(30), 50_000, 5_000_000);

    /** Checks the limits. */
    public CollectiveOptions {
        if (chunkBytes < 4096 || chunkBytes > 64 << 20 || chunkBytes % 64 != 0) {
            throw new IllegalArgumentException("chunks of " + chunkBytes + " bytes");
        }
    }

    /** The same for a machine on which so many ranks run: one that spins there only keeps the processor from another that it waits for. */
    CollectiveOptions onMachine(long ranks, int processors) {
        return ranks <= processors
                ? this
                : new CollectiveOptions(chunkBytes, joinTimeout, operationTimeout, 0, spinNanos + yieldNanos);
    }
}
