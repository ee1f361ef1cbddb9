/**
 * Requests: a queue in front of the model, sampling, stop strings, and the HTTP interface that OpenAI made common.
 *
 * <p>The engine's thread owns the model and computes one request at a time. Each HTTP request has a virtual thread of its own, which waits
 * for the engine's events and writes them out.
 */
package dev.penstock.inference.serving;
