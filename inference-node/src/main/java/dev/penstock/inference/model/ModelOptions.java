package dev.penstock.inference.model;

/**
 * How a model is run.
 *
 * @param threads that compute, at least 1
 * @param context positions of the cache; at most what the model was made for
 * @param batch most tokens of one step, 1 to 512
 */
public record ModelOptions(int threads, int context, int batch) {
    /** Checks the limits. */
    public ModelOptions {
        if (threads < 1 || threads > 512 || context < 1 || batch < 1 || batch > 512) {
            throw new IllegalArgumentException(threads + " threads, a context of " + context + ", a batch of " + batch);
        }
    }
}
