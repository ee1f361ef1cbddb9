package dev.penstock.inference.serving;

import dev.penstock.inference.model.LanguageModel;
import dev.penstock.inference.model.Steps;
import dev.penstock.inference.serving.token.Detokenizer;
import dev.penstock.inference.serving.token.Vocabulary;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Computes requests, one after the other, in the order in which they came. {@link #run} belongs to the thread that the model belongs to; all
 * else may be called from any. When the model fails, because another rank is lost or the weights did not come, every request that waits and
 * every later one is told so.
 */
public final class Engine {
    /** Requests that wait; more are turned away, since they would wait for minutes. */
    private static final int MAX_WAITING = 64;
    /** How often the other ranks hear that there is nothing to do. */
    private static final long PAUSE_MILLIS = 500;

    private final Vocabulary vocabulary;
    private final Statistics statistics = new Statistics();
    private final BlockingQueue<Generation> waiting = new ArrayBlockingQueue<>(MAX_WAITING, true);
    private final AtomicInteger active = new AtomicInteger();
    private volatile @Nullable String failure;
    private volatile boolean stopping;
    private int[] cached = {};
    private int cachedCount;

    /** An engine for a model that speaks these tokens. */
    public Engine(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Enqueues a request; null where too many wait already. */
    public @Nullable Generation submit(Generation.Request request) {
        var generation = new Generation(request);
        if (!waiting.offer(generation)) {
            return null;
        }
        String reason = failure;
        if (reason != null && waiting.remove(generation)) {
            generation.tell(new Generation.Failed(reason));
        }
        return generation;
    }

    /** Why nothing is computed any more, or null. */
    public @Nullable String failure() {
        return failure;
    }

    /** Requests that wait or are computed. */
    public int load() {
        return waiting.size() + active.get();
    }

    /** Figures for people. */
    public Statistics statistics() {
        return statistics;
    }

    /** Lets {@link #run} return soon. */
    public void stop() {
        stopping = true;
    }

    /** Ends all requests with a reason, those that wait and those that will come. */
    public void fail(String reason) {
        failure = reason;
        for (Generation left = waiting.poll(); left != null; left = waiting.poll()) {
            left.tell(new Generation.Failed(reason));
        }
    }

    /**
     * Computes until {@link #stop}, then lets the other ranks end too. May be called again, with a new group, after the model has failed:
     * requests are taken from then on.
     *
     * @throws IOException where the model fails; all requests have been told
     */
    public void run(Steps.Leader model) throws IOException {
        try {
            cached = new int[model.context()];
            cachedCount = 0;
            failure = null;
            while (!stopping) {
                Generation next = waiting.poll(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
                if (next == null) {
                    model.pause();
                } else if (!next.cancelled()) {
                    compute(model, next);
                }
            }
            model.stop();
            fail("the node is shutting down");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail("the node is shutting down");
        } catch (IOException | RuntimeException | Error e) {
            fail(e.getMessage() == null ? e.toString() : e.getMessage());
            throw e;
        }
    }

    private void compute(LanguageModel model, Generation generation) throws IOException {
        active.incrementAndGet();
        try {
            generate(model, generation);
        } catch (IOException | RuntimeException | Error e) {
            generation.tell(new Generation.Failed(e.getMessage() == null ? e.toString() : e.getMessage()));
            throw e;
        } finally {
            active.decrementAndGet();
        }
    }

    private void generate(LanguageModel model, Generation generation) throws IOException {
        Generation.Request request = generation.request();
        int[] prompt = request.prompt().stream().mapToInt(Integer::intValue).toArray();
        var sampler = new Sampler(request.sampling());
        var detokenizer = new Detokenizer(vocabulary);
        var stops = new StopText(request.stops());
        MemorySegment logits = prefill(model, generation, prompt);
        int completion = 0;
        boolean length = false;
        long first = System.nanoTime();
        while (logits != null && !generation.cancelled()) {
            int token = sampler.choose(logits, Math.min(model.vocabulary(), vocabulary.size()));
            if (completion == 0) {
                statistics.first(System.nanoTime() - generation.submittedNanos());
                first = System.nanoTime();
            }
            if (vocabulary.ends(token)) {
                break;
            }
            completion++;
            String shown = stops.add(detokenizer.add(token));
            if (!shown.isEmpty()) {
                generation.tell(new Generation.Text(shown));
            }
            length = completion >= request.maxTokens() || cachedCount >= model.context();
            if (stops.stopped() || length || stopping) {
                break;
            }
            cached[cachedCount] = token;
            logits = model.step(cached, cachedCount, 1, cachedCount);
            cachedCount++;
        }
        statistics.done(prompt.length, completion, System.nanoTime() - first);
        String rest = stops.stopped() ? "" : stops.add(detokenizer.finish()) + stops.finish();
        if (!rest.isEmpty()) {
            generation.tell(new Generation.Text(rest));
        }
        generation.tell(new Generation.Finished(length && !stops.stopped(), prompt.length, completion));
    }

    /** Lets the prompt pass, except for what the cache holds of it already; null where the request was given up meanwhile. */
    private @Nullable MemorySegment prefill(LanguageModel model, Generation generation, int[] prompt)
            throws IOException {
        int known = 0;
        while (known < Math.min(cachedCount, prompt.length - 1) && cached[known] == prompt[known]) {
            known++;
        }
        cachedCount = known;
        MemorySegment logits = null;
        while (cachedCount < prompt.length) {
            if (generation.cancelled() || stopping) {
                return null;
            }
            int count = Math.min(model.batch(), prompt.length - cachedCount);
            logits = model.step(prompt, cachedCount, count, cachedCount);
            System.arraycopy(prompt, cachedCount, cached, cachedCount, count);
            cachedCount += count;
        }
        return logits;
    }
}
