package dev.penstock.rdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PollerTest {
    /** A queue on which nothing ever happens, until it breaks. */
    private static final class BreakingQueue implements CompletionQueue {
        volatile boolean broken;
        final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public int poll(WorkCompletion[] into) {
            if (broken) {
                throw new IllegalStateException("the device is gone");
            }
            return 0;
        }

        @Override
        public boolean await(long nanos) {
            Thread.yield();
            return false;
        }

        @Override
        public void wakeup() {}

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private static final class Handler implements QueuePairHandler {
        final CompletableFuture<String> abandoned = new CompletableFuture<>();

        @Override
        public void completed(WorkCompletion completion) {}

        @Override
        public void established(QueuePair pair, ConnectionParameters agreed) {}

        @Override
        public void disconnected(QueuePair pair, Disconnect cause) {}

        @Override
        public void abandoned(String why) {
            abandoned.complete(why);
        }
    }

    @Test
    void tellsItsConnectionsThatItHasFailedAndTakesNothingMore() throws Exception {
        var queue = new BreakingQueue();
        var handler = new Handler();
        var poller = new Poller(queue, 0).start("breaking");
        var attached = new CountDownLatch(1);
        poller.execute(() -> {
            poller.attach(handler);
            attached.countDown();
        });
        assertThat(attached.await(10, TimeUnit.SECONDS)).isTrue();
        queue.broken = true;
        assertThat(handler.abandoned.get(10, TimeUnit.SECONDS)).contains("the device is gone");
        assertThat(queue.closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> poller.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        poller.close();
    }
}
