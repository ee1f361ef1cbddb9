package dev.penstock.inference.ggml;

import java.lang.foreign.MemorySegment;

/** A {@code struct ggml_tensor *}: data in memory, or the result of an operation. Lives as long as the graph or set it was made in. */
public record Tensor(MemorySegment pointer) {}
