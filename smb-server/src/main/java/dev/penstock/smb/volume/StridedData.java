package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.volume.posix.RunReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.StridedRead;
import java.lang.foreign.MemorySegment;

/** Strided reads of a file: the rules of READ, for each run. */
final class StridedData {
    private StridedData() {}

    static Outcome read(FileOpen open, StridedRead.Request request, MemorySegment into) throws Refusal, PosixException {
        Refusal.unless(open.has(AccessMask.READ_DATA | AccessMask.EXECUTE), NtStatus.ACCESS_DENIED);
        StridedRead.Runs runs = request.runs();
        Refusal.unless(!locked(open, runs), NtStatus.FILE_LOCK_CONFLICT);
        boolean all = RunReader.read(open.handle(), into, runs.offset(), runs.length(), runs.stride());
        open.stamps().disturb(open.handle());
        Refusal.unless(all, NtStatus.END_OF_FILE);
        return Outcome.done(StridedRead.placed(request));
    }

    private static boolean locked(FileOpen open, StridedRead.Runs runs) {
        Node node = open.node();
        node.lock.lock();
        try {
            if (node.ranges.isEmpty() || !node.ranges.blocksRead(open, runs.offset(), runs.end() - runs.offset())) {
                return false;
            }
            for (int i = 0; i < runs.count(); i++) {
                if (node.ranges.blocksRead(open, runs.at(i), runs.length())) {
                    return true;
                }
            }
            return false;
        } finally {
            node.lock.unlock();
        }
    }
}
