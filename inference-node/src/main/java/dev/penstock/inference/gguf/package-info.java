/**
 * GGUF model files, versions 2 and 3 (little-endian): metadata, and where each tensor's bytes lie; the reader, the writer, and a maker of
 * models with random weights. The format is described in ggml's {@code docs/gguf.md}. Nothing here knows what a tensor is for. Values are
 * immutable; readers and writers belong to the thread that calls them.
 */
package dev.penstock.inference.gguf;
