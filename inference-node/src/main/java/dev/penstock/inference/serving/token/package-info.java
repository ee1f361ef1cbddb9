/**
 * Text to tokens and back, from what a GGUF file says of its vocabulary: SentencePiece with scores and byte tokens, and byte-level pair
 * merges. The results are held against llama.cpp's by the tests. Tokenizers are immutable and may be used by any thread.
 */
package dev.penstock.inference.serving.token;
