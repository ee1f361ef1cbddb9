/**
 * RDMA in the nouns of the verbs: devices, protection domains, memory regions, queue pairs and completion queues, whoever implements them.
 *
 * <p><b>Threads.</b> A {@link dev.penstock.rdma.CompletionQueue} has one owner: the thread that polls it. Everything attached to the queue
 * belongs to the same thread: its queue pairs, their posts, the listeners and the connection events. A provider in user space moves
 * bytes nowhere but inside {@link dev.penstock.rdma.CompletionQueue#poll}: there is no other thread and no hand-over. Only four things may be
 * done by any thread: registering memory, opening and closing windows, {@link dev.penstock.rdma.CompletionQueue#wakeup}, and
 * {@link dev.penstock.rdma.Poller#execute}, which is how other threads get something posted. There are no locks to order: the tables that
 * any thread may touch (memory keys, the poller's tasks) are each a leaf.
 *
 * <p><b>Memory.</b> What a work request names must stay as it is until the completion of the request was polled. After a queue pair is
 * closed its outstanding requests complete as {@link dev.penstock.rdma.RdmaStatus#FLUSHED}, and from then on nothing touches their memory.
 */
package dev.penstock.rdma;
