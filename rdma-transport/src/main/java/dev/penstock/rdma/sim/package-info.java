/**
 * RDMA inside one process: the same engine as iWARP's over a simulated network, with a seed, a clock and a plan of faults. For tests of
 * everything that stands on {@link dev.penstock.rdma}.
 *
 * <p><b>Threads.</b> As everywhere, a completion queue belongs to the thread that polls it. With a virtual clock one thread drives all
 * queues, and the same seed gives the same run; with the real clock each may have its own. The network's state is under one lock, and
 * so is each queue's inbox; the network's is taken first.
 */
package dev.penstock.rdma.sim;
