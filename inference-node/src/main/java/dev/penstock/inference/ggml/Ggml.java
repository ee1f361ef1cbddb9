package dev.penstock.inference.ggml;

import dev.penstock.inference.ggml.Libraries.Candidate;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a ggml library, once per process: the one that is named by {@code -Dpenstock.ggml} or {@code PENSTOCK_GGML} (and then no other),
 * else one of Homebrew's or the distribution's, else the one inside the jar that comes along. Each is tried with a small graph first; the
 * log says which was taken and why the ones before it were not. Thread-safe.
 */
public final class Ggml {
    private static final Logger LOG = LoggerFactory.getLogger(Ggml.class);
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static @Nullable Availability found;
    private static @Nullable Library library;

    private Ggml() {}

    /** Whether there is compute. */
    public sealed interface Availability {}

    /**
     * There is.
     *
     * @param origin where the library comes from
     * @param device what computes, as the library describes it
     */
    public record Available(String origin, String device) implements Availability {}

    /**
     * There is not.
     *
     * @param reason for people, with what to do about it
     */
    public record Unavailable(String reason) implements Availability {}

    /**
     * A library that has passed the test.
     *
     * @param device the processor's {@code ggml_backend_dev_t}
     * @param setThreads address of {@code ggml_backend_set_n_threads}
     * @param dataOffset where in {@code struct ggml_tensor} the address of the data stands
     */
    record Library(
            SymbolLookup symbols,
            MemorySegment device,
            String description,
            MemorySegment setThreads,
            long dataOffset) {}

    /** Finds the library at the first call; answers the same ever after. */
    public static Availability load() {
        LOCK.lock();
        try {
            Availability answer = found;
            if (answer == null) {
                answer = search();
                found = answer;
            }
            return answer;
        } finally {
            LOCK.unlock();
        }
    }

    /** The library that was found. */
    static Library chosen() {
        LOCK.lock();
        try {
            if (library == null) {
                throw new IllegalStateException("no ggml library was loaded");
            }
            return library;
        } finally {
            LOCK.unlock();
        }
    }

    private static Availability search() {
        List<String> reasons = new ArrayList<>();
        for (Candidate candidate : Libraries.candidates()) {
            try {
                Library tried = SelfTest.run(candidate.open());
                library = tried;
                LOG.info(
                        "ggml: {} on {}{}",
                        candidate.origin(),
                        tried.description(),
                        reasons.isEmpty() ? "" : "; not taken: " + String.join("; ", reasons));
                return new Available(candidate.origin(), tried.description());
            } catch (UnusableLibraryException e) {
                reasons.add(candidate.origin() + ": " + e.getMessage());
            }
        }
        String reason = reasons.isEmpty() ? "none was found" : String.join("; ", reasons);
        LOG.warn("no ggml library can be used: {}", reason);
        return new Unavailable(reason);
    }
}
