package dev.penstock.smb.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DurablesTest {
    private static final Guid CLIENT = new Guid(1, 1);
    private static final Guid CREATE = new Guid(2, 2);

    private final List<Runnable> alarms = new ArrayList<>();
    private final Alarms clock = (_, task) -> {
        alarms.add(task);
        return () -> alarms.remove(task);
    };
    private final Durables durables = new Durables(clock, Runnable::run);
    private final Closing open = new Closing();
    private final DurableHandle handle = handle(1000);

    @Test
    void aHandleWaitsForItsClientAndIsGivenBackOnce() {
        durables.add(handle);
        assertThat(durables.waiting(7)).isNull();
        assertThat(durables.detach(handle)).isTrue();
        assertThat(durables.waiting(7)).isSameAs(handle);
        DurableHandle back = durables.attach(handle, handle.owner());
        assertThat(back).isNotNull();
        assertThat(alarms).isEmpty();
        assertThat(durables.attach(handle, handle.owner())).isNull();
        assertThat(open.closed).isZero();
    }

    @Test
    void theTimerClosesItOnce() {
        durables.add(handle);
        durables.detach(handle);
        Runnable alarm = alarms.getFirst();
        alarm.run();
        alarm.run();
        assertThat(open.closed).isEqualTo(1);
        assertThat(durables.waiting(7)).isNull();
    }

    /** The scavenger's race of CVE-2026-31718: a timer that goes off while its client comes back finds nothing to close. */
    @Test
    void aTimerThatIsLateDoesNotCloseWhatWasGivenBack() {
        durables.add(handle);
        durables.detach(handle);
        Runnable alarm = alarms.getFirst();
        assertThat(durables.attach(handle, handle.owner())).isNotNull();
        alarm.run();
        assertThat(open.closed).isZero();
    }

    @Test
    void whoIsInTheWayIsClosedUnlessItIsHeld() {
        durables.add(handle);
        durables.expire(handle);
        assertThat(open.closed).isZero();
        durables.detach(handle);
        durables.expire(handle);
        assertThat(open.closed).isEqualTo(1);
    }

    @Test
    void oneThatMayOnlyBeAskedForAgainDoesNotOutliveItsConnection() {
        DurableHandle brief = handle(0);
        durables.add(brief);
        assertThat(durables.detach(brief)).isFalse();
        assertThat(durables.creating(CLIENT, CREATE)).isInstanceOf(Durables.Found.Nothing.class);
    }

    @Test
    void aCreateIsDoneOnce() {
        assertThat(durables.creating(CLIENT, CREATE)).isInstanceOf(Durables.Found.Nothing.class);
        assertThat(durables.creating(CLIENT, CREATE)).isInstanceOf(Durables.Found.Pending.class);
        durables.add(handle);
        durables.created(CLIENT, CREATE);
        assertThat(durables.creating(CLIENT, CREATE)).isInstanceOf(Durables.Found.Handle.class);
        assertThat(durables.creating(new Guid(3, 3), CREATE)).isInstanceOf(Durables.Found.Nothing.class);
    }

    @Test
    void whatWasUsedIsNotAskedForAgain() {
        durables.add(handle);
        handle.used();
        assertThat(durables.creating(CLIENT, CREATE)).isInstanceOf(Durables.Found.Nothing.class);
    }

    @Test
    void channelSequencesGoRoundAndOldOnesAreRefused() {
        var sequence = new ChannelSequence();
        assertThat(sequence.enter(0xffff, false)).isFalse();
        assertThat(sequence.enter(0, false)).isTrue();
        assertThat(sequence.enter(1, true)).isFalse();
        sequence.leave(0);
        assertThat(sequence.enter(1, true)).isTrue();
        assertThat(sequence.enter(0, false)).isFalse();
    }

    /** As Macs send it. */
    @Test
    void aReplayUnderTheSameSequenceIsGood() {
        var sequence = new ChannelSequence();
        assertThat(sequence.enter(0, false)).isTrue();
        assertThat(sequence.enter(0, true)).isTrue();
    }

    @Test
    void aLockThatSucceededIsKnownByItsNumber() {
        var locks = new LockSequence();
        assertThat(locks.isRepeated(0x15)).isFalse();
        locks.succeeded(0x15);
        assertThat(locks.isRepeated(0x15)).isTrue();
        assertThat(locks.isRepeated(0x16)).isFalse();
        assertThat(locks.isRepeated(0x15)).isFalse();
        locks.succeeded(0x05);
        assertThat(locks.isRepeated(0x05)).isFalse();
        locks.succeeded(65 << 4);
        assertThat(locks.isRepeated(65 << 4)).isFalse();
    }

    private DurableHandle handle(long timeout) {
        var request = new Create.Request(0, 0, 0, 0, 0, 0, 0, "f", List.of());
        var response = new Create.Response(0, 0, 0, 0, 0, 0, 0, 0, 0, new FileId(7, 1), List.of());
        var owner = new DurableHandle.Owner("ada", CLIENT, new Tree(1, new NoShare()), 5);
        return new DurableHandle(7, open, owner, CREATE, request, response, timeout);
    }

    private static final class Closing implements Open {
        private int closed;

        @Override
        public Outcome.Final close(RequestContext context, Close.Request request) {
            return Outcome.failed(NtStatus.NOT_SUPPORTED);
        }

        @Override
        public void abandon() {
            closed++;
        }
    }

    private static final class NoShare implements Share {
        @Override
        public String name() {
            return "none";
        }

        @Override
        public Type type() {
            return Type.DISK;
        }

        @Override
        public int maximalAccess(User user) {
            return 0;
        }

        @Override
        public Outcome create(RequestContext context, Create.Request request) {
            return Outcome.failed(NtStatus.NOT_SUPPORTED);
        }
    }
}
