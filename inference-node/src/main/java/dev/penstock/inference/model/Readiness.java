package dev.penstock.inference.model;

import dev.penstock.inference.shard.ShardLoader;
import dev.penstock.inference.shard.ShardPlan;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Which of a plan's groups are in memory already, so that a model can start before its last layer has arrived. */
public interface Readiness {
    /** All is there. */
    Readiness ALL = new Readiness() {
        @Override
        public void await(int group) {
            // It is there.
        }

        @Override
        public boolean complete() {
            return true;
        }
    };

    /** Returns when a group of {@link ShardPlan#groups} is in memory. */
    void await(int group) throws IOException;

    /** Whether everything is. */
    boolean complete();

    /** What a loader says. */
    static Readiness of(ShardLoader loader) {
        return new Readiness() {
            @Override
            public void await(int group) throws IOException {
                CompletableFuture<Void> ready = loader.group(group);
                if (ready.isDone() && !ready.isCompletedExceptionally()) {
                    return;
                }
                try {
                    ready.join();
                } catch (CompletionException e) {
                    throw new IOException("the model could not be loaded: " + e.getMessage(), e);
                }
            }

            @Override
            public boolean complete() {
                return loader.done().isDone();
            }
        };
    }
}
