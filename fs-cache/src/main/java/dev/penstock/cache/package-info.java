/**
 * Blocks of files in registered memory. A block is a lease on a slab: whoever reads it, by message or by RDMA, holds it meanwhile, and an
 * eviction takes the memory back only when the last of them is done. Any thread.
 */
package dev.penstock.cache;
