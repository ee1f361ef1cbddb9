/**
 * RDMA adapters of the operating system: libibverbs and librdmacm, called through the foreign function interface. Queue pairs are reliable
 * connected, set up by the connection manager, which iWARP needs and RoCE and InfiniBand have, too. The only place that knows C structs of
 * verbs; a missing library or device is a value with its reason.
 *
 * <p><b>Threads.</b> A {@link dev.penstock.rdma.verbs.VerbsQueue} has its owner's thread, as the API says. It holds one completion queue of the
 * adapter per queue pair, so that none can overflow, and one event channel of the connection manager. The kernel does the rest; there is
 * no thread of the provider's own.
 *
 * <p><b>Windows</b> are registrations of their own, since binding an adapter's window takes a queue pair and iWARP in software has none. A
 * peer cannot invalidate them.
 */
package dev.penstock.rdma.verbs;
