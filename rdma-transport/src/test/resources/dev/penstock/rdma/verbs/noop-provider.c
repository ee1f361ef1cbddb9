/* A provider that does nothing, for VerbsCallBenchmark: it looks at what it is given, as any provider has to, and answers at once. */
#include <infiniband/verbs.h>
#include <time.h>

static volatile uint64_t seen;
static int posted;

int noop_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad) {
  (void)qp;
  (void)bad;
  for (; wr; wr = wr->next) {
    seen += wr->wr_id + wr->sg_list->addr + wr->sg_list->length;
    posted += (wr->send_flags & IBV_SEND_SIGNALED) != 0;
  }
  return 0;
}

/* All that was posted and signalled is complete. */
int noop_poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc) {
  (void)cq;
  int got = posted < n ? posted : n;
  for (int i = 0; i < got; i++) {
    wc[i].wr_id = 1;
    wc[i].status = IBV_WC_SUCCESS;
    wc[i].byte_len = 4096;
  }
  posted -= got;
  return got;
}

/* The same as the benchmark does, by the pointers of a context as the header's inline functions do it: nanoseconds for each message. */
double c_post_and_poll(struct ibv_context *context, int list, long messages) {
  struct ibv_send_wr wr[64] = {0}, *bad;
  struct ibv_sge sge[64] = {0};
  struct ibv_wc wc[256];
  struct ibv_qp qp = {.context = context};
  struct ibv_cq cq = {.context = context};
  struct timespec from, to;
  uint64_t sum = 0;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (long done = 0; done < messages; done += list) {
    for (int i = 0; i < list; i++) {
      sge[i].addr = 4096 * i;
      sge[i].length = 4096;
      wr[i].wr_id = i;
      wr[i].sg_list = &sge[i];
      wr[i].num_sge = 1;
      wr[i].opcode = IBV_WR_SEND;
      wr[i].send_flags = i == list - 1 ? IBV_SEND_SIGNALED : 0;
      wr[i].next = i == list - 1 ? NULL : &wr[i + 1];
    }
    if (ibv_post_send(&qp, wr, &bad)) return -1;
    int n = ibv_poll_cq(&cq, 256, wc);
    for (int i = 0; i < n; i++) sum += wc[i].wr_id + wc[i].byte_len + wc[i].status;
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  seen += sum;
  return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / messages;
}
