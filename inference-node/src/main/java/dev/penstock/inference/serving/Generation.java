package dev.penstock.inference.serving;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A request on its way through the engine: what is asked, and the events that come back. Shared by the engine and one reader. */
public final class Generation {
    /**
     * What is asked.
     *
     * @param prompt at least one token
     * @param maxTokens most tokens of the answer
     * @param stops texts that end the answer, and are not part of it
     */
    public record Request(List<Integer> prompt, int maxTokens, Sampling sampling, List<String> stops) {
        /** Copies the lists. */
        public Request {
            prompt = List.copyOf(prompt);
            stops = List.copyOf(stops);
        }
    }

    /** What comes back: any number of texts, then one of the other two. */
    public sealed interface Event {}

    /** More of the answer. */
    public record Text(String text) implements Event {}

    /**
     * The answer is complete.
     *
     * @param length whether it was cut at the limit of tokens
     */
    public record Finished(boolean length, int promptTokens, int completionTokens) implements Event {}

    /**
     * There will be no more.
     *
     * @param reason for people
     */
    public record Failed(String reason) implements Event {}

    private final Request request;
    private final long submitted = System.nanoTime();
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;

    Generation(Request request) {
        this.request = request;
    }

    Request request() {
        return request;
    }

    long submittedNanos() {
        return submitted;
    }

    void tell(Event event) {
        events.add(event);
    }

    /** Waits for the next event. */
    public Event next() throws InterruptedException {
        return events.take();
    }

    /** Asks the engine to stop: nobody reads any more. */
    public void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }
}
