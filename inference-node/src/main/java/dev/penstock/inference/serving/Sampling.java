package dev.penstock.inference.serving;

/**
 * How the next token is chosen.
 *
 * @param temperature 0 takes the likeliest; larger is more random
 * @param topK only among so many of the likeliest; 0 for all
 * @param topP only among the likeliest that together have this probability, 0 to 1
 * @param seed of the random numbers
 */
public record Sampling(float temperature, int topK, float topP, long seed) {
    /** Always the likeliest token. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);
}
