/**
 * Payload memory: slabs cut from a few regions that live as long as the process, handed out as leases. The lowest floor of the house; it
 * knows nothing of RDMA. Thread-safe throughout.
 */
package dev.penstock.memory;
