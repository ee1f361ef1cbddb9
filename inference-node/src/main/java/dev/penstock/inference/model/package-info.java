/**
 * Architectures over sharded tensors: Llama as graphs for ggml, and the same in plain Java, which is the oracle of the tests and serves
 * where no ggml can be loaded. A model belongs to the one thread that steps it.
 */
package dev.penstock.inference.model;
