package dev.penstock.inference.model;

/** How plain Java rounds. */
public enum Arithmetic {
    /** Activations stay floats; sums are kept in double precision. */
    EXACT,
    /** Activations are rounded before a product as ggml does for the type of the weights: to Q8_0 blocks or to F16. */
    LIKE_GGML
}
