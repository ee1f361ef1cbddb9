/**
 * The compute library ggml through the foreign-function interface: the only place that knows its C API (ggml.h, ggml-alloc.h,
 * ggml-backend.h), in the subset that llama.cpp b4916 of March 2025 and everything since have in common.
 *
 * <p>{@code Symbol} is the list of functions used, {@code Calls} their method handles, {@link dev.penstock.inference.ggml.Ggml} finds a
 * library and tries it before anything is entrusted to it; {@link dev.penstock.inference.ggml.Backend} and
 * {@link dev.penstock.inference.ggml.Graph} are what the models are written with.
 *
 * <p>A backend and its graphs belong to one thread. ggml ends the process on a wrong shape, so all shapes are checked by the caller
 * before a graph is built.
 */
package dev.penstock.inference.ggml;
