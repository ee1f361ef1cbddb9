package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.FileId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a CHANGE_NOTIFY, perhaps later and on another thread. */
final class NotifyAnswer {
    private volatile Outcome.@Nullable Final outcome;
    private @Nullable Deferred promise;

    NotifyAnswer(Outcome first) {
        if (first instanceof Outcome.Pending pending) {
            promise = pending.deferred();
            pending.deferred().whenComplete(fin -> outcome = fin);
        } else {
            outcome = (Outcome.Final) first;
        }
    }

    static NotifyAnswer ask(ShareDriver driver, Open open, int filter, boolean tree) {
        return ask(driver, open, filter, tree, 4096);
    }

    static NotifyAnswer ask(ShareDriver driver, Open open, int filter, boolean tree, int room) {
        return new NotifyAnswer(open.changeNotify(
                driver.context(), new ChangeNotify.Request(tree ? 1 : 0, room, FileId.PREVIOUS, filter)));
    }

    void cancel() {
        java.util.Objects.requireNonNull(promise).cancel(Deferred.Reason.CANCEL);
    }

    void cancelIfOpen() {
        if (isOpen()) {
            cancel();
        }
    }

    boolean isOpen() {
        return outcome == null;
    }

    NtStatus status() {
        return ShareDriver.status(java.util.Objects.requireNonNull(outcome));
    }

    List<String> records() {
        assertThat(outcome).isInstanceOf(Outcome.Done.class);
        return decode(ByteBuffer.wrap(ShareDriver.bytes(((Outcome.Done) outcome).payload())));
    }

    static List<String> decode(ByteBuffer bytes) {
        var in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var found = new ArrayList<String>();
        int at = 0;
        int next;
        do {
            next = in.getInt(at);
            var name = new byte[in.getInt(at + 8)];
            in.get(at + 12, name);
            found.add(in.getInt(at + 4) + " " + new String(name, StandardCharsets.UTF_16LE));
            at += next;
        } while (next != 0);
        return found;
    }
}
