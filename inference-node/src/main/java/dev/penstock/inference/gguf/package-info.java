/** GGUF model files: metadata and where each tensor's bytes lie. Any thread. */
package dev.penstock.inference.gguf;
