package dev.penstock.smbdirect;

import java.util.concurrent.atomic.LongAdder;

/** Written by the poller's thread, read by any. */
final class Counters {
    final LongAdder messagesOut = new LongAdder();
    final LongAdder messagesIn = new LongAdder();
    final LongAdder fragmentsOut = new LongAdder();
    final LongAdder fragmentsIn = new LongAdder();
    final LongAdder bytesWritten = new LongAdder();
    final LongAdder bytesRead = new LongAdder();

    SmbDirectCounters view() {
        return new SmbDirectCounters(
                messagesOut.sum(),
                messagesIn.sum(),
                fragmentsOut.sum(),
                fragmentsIn.sum(),
                bytesWritten.sum(),
                bytesRead.sum());
    }
}
