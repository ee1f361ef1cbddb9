/**
 * RDMA inside one process: the same engine as iWARP's over a simulated network, with a seed, a clock and a plan of faults. For tests of
 * everything that stands on {@link dev.penstock.rdma}. In virtual time it also carries {@link dev.penstock.rdma.thunderbolt} unchanged, over
 * frames and sockets of its own.
 *
 * <p><b>Virtual time.</b> Goes on when whoever polls finds nothing, to the next event of anyone; what is due and not taken holds it, but for a nap
 * (see {@link dev.penstock.rdma.rdmap.Machine}), which takes its time whatever is due.
 *
 * <p><b>Threads.</b> As everywhere, a completion queue belongs to the thread that polls it. With a virtual clock one thread drives all
 * queues, and the same seed gives the same run; with the real clock each may have its own. The network's state is under one lock, and
 * so is each queue's inbox; the network's is taken first.
 */
package dev.penstock.rdma.sim;
