/**
 * Which node holds which part of which tensor, computed from a model file's header alone, and the loader that fills a node's memory with
 * its part, layer by layer. The split is Megatron's (Shoeybi et al. 2019): heads and feed-forward columns are divided, so that each
 * half-layer ends in one sum over the nodes.
 *
 * <p>Plans are immutable. A loader has one thread that issues reads; listeners run on the store's threads.
 */
package dev.penstock.inference.shard;
