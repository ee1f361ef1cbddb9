package dev.penstock.smb.volume;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.Blocks;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.smb2.Ioctl;

/**
 * FSCTL_DUPLICATE_EXTENTS_TO_FILE: files with blocks in common. [MS-FSCC] 2.3.7 and 2.3.8, [MS-FSA] 2.1.5.10.4. Locks are not looked at, as
 * with Windows. The kernel refuses what does not lie on its blocks.
 */
final class SharedExtents {
    private SharedExtents() {}

    /** What is asked for, after the handle of the source. */
    private record Stretch(long from, long to, long length) {
        static Stretch decode(Blob input) throws Refusal {
            try {
                WireReader in = input.reader();
                var stretch = new Stretch(in.i64(16), in.i64(24), in.i64(32));
                Refusal.unless(
                        stretch.length >= 0
                                && stretch.from >= 0
                                && stretch.to >= 0
                                && stretch.from <= Long.MAX_VALUE - stretch.length
                                && stretch.to <= Long.MAX_VALUE - stretch.length,
                        NtStatus.INVALID_PARAMETER);
                return stretch;
            } catch (MalformedMessage _) {
                throw new Refusal(NtStatus.INVALID_PARAMETER);
            }
        }
    }

    static Outcome duplicate(FileOpen target, Open other, Ioctl.Request request) throws Refusal, PosixException {
        Refusal.unless(target.volume().sharesBlocks(), NtStatus.INVALID_DEVICE_REQUEST);
        Stretch stretch = Stretch.decode(request.input());
        if (!(other instanceof FileOpen source) || source.volume() != target.volume()) {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
        Refusal.unless(!source.isFolder() && !target.isFolder(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(
                source.has(AccessMask.READ_DATA | AccessMask.EXECUTE) && target.has(AccessMask.WRITE_DATA),
                NtStatus.ACCESS_DENIED);
        if (stretch.length > 0) {
            checkContent(source, target, stretch);
            // The target's length does not change: the client sets it before. What would lie behind it is left out, as
            // with
            // Windows.
            long length = Math.min(stretch.length, target.content().size() - stretch.to);
            if (length > 0) {
                target.data()
                        .changing(
                                () -> Blocks.share(source.handle(), stretch.from, target.handle(), stretch.to, length));
            }
        }
        return SparseControl.done(request, Blob.EMPTY);
    }

    private static void checkContent(FileOpen source, FileOpen target, Stretch stretch) throws Refusal, PosixException {
        boolean files = source.content() instanceof Content.OfFile && target.content() instanceof Content.OfFile;
        boolean overlaps = source.node() == target.node() && Math.abs(stretch.from - stretch.to) < stretch.length;
        Refusal.unless(files && !overlaps, NtStatus.NOT_SUPPORTED);
        Refusal.unless(stretch.from + stretch.length <= source.content().size(), NtStatus.NOT_SUPPORTED);
        // What has holes would give them to a file that says it has none.
        Refusal.unless(!isSparse(source) || isSparse(target), NtStatus.NOT_SUPPORTED);
    }

    private static boolean isSparse(FileOpen open) throws PosixException {
        return (open.metadata().attributes() & FileAttributes.SPARSE_FILE) != 0;
    }
}
