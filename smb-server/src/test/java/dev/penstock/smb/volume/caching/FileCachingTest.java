package dev.penstock.smb.volume.caching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FileCachingTest {
    private static final int R = LeaseState.READ;
    private static final int H = LeaseState.HANDLE;
    private static final int W = LeaseState.WRITE;
    private static final Guid NONE = new Guid(0, 0);

    private final ReentrantLock lock = new ReentrantLock();
    private final Leases leases = new Leases();
    private final FileCaching file = new FileCaching(lock, leases);
    private final List<Runnable> alarms = new ArrayList<>();
    private final Alarms clock = (_, task) -> {
        alarms.add(task);
        return () -> alarms.remove(task);
    };
    private final Client first = new Client();
    private final Client second = new Client();

    @Test
    void whoIsAloneMayKeepEverything() {
        assertThat(lease(1, first, R | W | H).state()).isEqualTo(R | W | H);
    }

    /** Nothing is written back to a folder: whoever asks for it and lost the rest gets that again. */
    @Test
    void aFoldersLeaseIsGrantedAgainWhateverElseIsAskedFor() {
        var wish = new FileCaching.Wish(id(1), context(1, R | H | W), R | H | W, false, false, true);
        Grant grant = file.grant(wish, first, clock);
        file.contendFolder(null);
        file.acknowledgeLease(grant, 0);
        assertThat(grant.state()).isZero();
        file.grant(wish, first, clock);
        assertThat(grant.state()).isEqualTo(R | H);
    }

    @Test
    void nothingWithoutReadingIsGranted() {
        assertThat(lease(1, first, W | H).state()).isZero();
    }

    @Test
    void anotherOpenWaitsUntilTheWriterHasGivenUp() {
        Grant grant = lease(1, first, R | W | H);
        assertThat(file.mustWait(opening(false, false, 2))).isTrue();
        assertThat(first.told).containsExactly("lease 7 to 3 ack");
        var woken = new ArrayList<String>();
        file.await(() -> woken.add("again"));
        assertThat(file.acknowledgeLease(grant, R | H)).isEqualTo(NtStatus.SUCCESS);
        assertThat(woken).containsExactly("again");
        assertThat(file.mustWait(opening(false, false, 2))).isFalse();
        assertThat(lease(2, second, R | W | H).state()).isEqualTo(R | H);
    }

    @Test
    void aClientNeverBreaksItsOwnLease() {
        lease(1, first, R | W | H);
        assertThat(file.mustWait(opening(false, false, 1))).isFalse();
        assertThat(first.told).isEmpty();
    }

    @Test
    void aSharingViolationFirstAsksForTheHandle() {
        lease(1, first, R | W | H);
        assertThat(file.mustWait(opening(false, true, 2))).isTrue();
        assertThat(first.told).containsExactly("lease 7 to 5 ack");
    }

    @Test
    void moreIsTakenBackStepByStep() {
        Grant grant = lease(1, first, R | W | H);
        file.mustWait(opening(false, false, 2));
        file.mustWait(opening(true, false, 3));
        assertThat(first.told).hasSize(1);
        assertThat(file.acknowledgeLease(grant, R | H)).isEqualTo(NtStatus.SUCCESS);
        assertThat(first.told).containsExactly("lease 7 to 3 ack", "lease 3 to 1 ack");
        assertThat(file.acknowledgeLease(grant, R)).isEqualTo(NtStatus.SUCCESS);
        assertThat(first.told).last().isEqualTo("lease 1 to 0");
        assertThat(grant.state()).isZero();
        assertThat(grant.breaking()).isFalse();
    }

    @Test
    void anAcknowledgmentKeepsNoMoreThanItMay() {
        Grant grant = lease(1, first, R | W | H);
        assertThat(file.acknowledgeLease(grant, R)).isEqualTo(NtStatus.UNSUCCESSFUL);
        file.mustWait(opening(false, false, 2));
        assertThat(file.acknowledgeLease(grant, R | W)).isEqualTo(NtStatus.REQUEST_NOT_ACCEPTED);
    }

    @Test
    void whoDoesNotAnswerLosesAll() {
        Grant grant = lease(1, first, R | W | H);
        file.mustWait(opening(false, false, 2));
        var woken = new ArrayList<String>();
        file.await(() -> woken.add("again"));
        List.copyOf(alarms).forEach(Runnable::run);
        assertThat(grant.state()).isZero();
        assertThat(woken).containsExactly("again");
        assertThat(file.acknowledgeLease(grant, R | H)).isEqualTo(NtStatus.UNSUCCESSFUL);
    }

    @Test
    void readCachingIsTakenBackWithoutAnAnswer() {
        Grant reader = lease(1, first, R);
        Grant writer = lease(2, second, R);
        file.contend(writer);
        assertThat(first.told).containsExactly("lease 1 to 0");
        assertThat(second.told).isEmpty();
        assertThat(reader.state()).isZero();
        assertThat(alarms).isEmpty();
    }

    @Test
    void aWriteTakesLevelTwoFromTheWriterToo() {
        Grant own = file.grant(wish(0, null, R), first, clock);
        file.contend(own);
        assertThat(first.told).containsExactly("oplock to 0");
    }

    @Test
    void anOplockGoesToLevelTwo() {
        Grant batch = file.grant(wish(0, null, R | W | H), first, clock);
        assertThat(file.mustWait(opening(false, false, 2))).isTrue();
        assertThat(first.told).containsExactly("oplock to 1");
        assertThat(file.acknowledgeOplock(batch, Create.OPLOCK_BATCH)).isEqualTo(NtStatus.INVALID_OPLOCK_PROTOCOL);
        assertThat(batch.state()).isZero();
    }

    @Test
    void anUpgradeIsAllOrNothing() {
        Grant one = lease(1, first, R | H);
        assertThat(lease(1, first, R | W)).isSameAs(one);
        assertThat(one.state()).isEqualTo(R | H);
        lease(1, first, R | W | H);
        assertThat(one.state()).isEqualTo(R | W | H);
    }

    @Test
    void epochsCountTheChangesOfAState() {
        Grant grant = lease(1, first, R | W | H);
        assertThat(grant.context().epoch()).isEqualTo(1);
        file.mustWait(opening(false, false, 2));
        assertThat(grant.context().epoch()).isEqualTo(2);
        file.acknowledgeLease(grant, R | H);
        assertThat(grant.context().epoch()).isEqualTo(2);
    }

    @Test
    void aHandleWhoseClientIsGoneYieldsAndIsClosed() {
        lease(1, first, R | W | H);
        first.there = false;
        assertThat(file.mustWait(opening(false, false, 2))).isTrue();
        assertThat(first.expired).isEqualTo(1);
    }

    @Test
    void aFolderIsKeptUntilSomebodyElseChangesIt() {
        Grant grant = file.grant(
                new FileCaching.Wish(id(1), context(1, R | H | W), R | H | W, false, false, true), first, clock);
        assertThat(leases.anyFolders()).isTrue();
        assertThat(grant.state()).isEqualTo(R | H);
        file.contendFolder(id(1));
        assertThat(first.told).isEmpty();
        file.contendFolder(id(2));
        assertThat(first.told).containsExactly("lease 3 to 0 ack");
        file.closed(grant, first);
        assertThat(leases.anyFolders()).isFalse();
        assertThat(leases.find(id(1))).isNull();
    }

    @Test
    void theLastHandleTakesTheLeaseWithIt() {
        Grant grant = lease(1, first, R);
        lease(1, second, R);
        file.closed(grant, first);
        assertThat(leases.find(id(1))).isSameAs(grant);
        file.closed(grant, second);
        assertThat(leases.find(id(1))).isNull();
        assertThat(file.isEmpty()).isTrue();
    }

    private Grant lease(int key, Client client, int state) {
        return file.grant(wish(key, context(key, state), state), client, clock);
    }

    private static FileCaching.Wish wish(int key, @Nullable LeaseContext context, int state) {
        return new FileCaching.Wish(context == null ? null : id(key), context, state, false, false, false);
    }

    private static LeaseContext context(int key, int state) {
        return new LeaseContext(2, new Guid(key, key), state, 0, NONE, 0);
    }

    private static LeaseId id(int key) {
        return new LeaseId(new Guid(9, 9), new Guid(key, key));
    }

    private static FileCaching.Opening opening(boolean overwrites, boolean violation, int key) {
        return new FileCaching.Opening(AccessMask.READ_DATA, overwrites, violation, true, id(key));
    }

    private static final class Client implements Holder {
        private final List<String> told = new ArrayList<>();
        private boolean there = true;
        private int expired;

        @Override
        public boolean breakOplock(int level) {
            told.add("oplock to " + level);
            return there;
        }

        @Override
        public boolean breakLease(LeaseBreak.Notification n) {
            told.add("lease " + n.currentState() + " to " + n.newState() + (n.flags() == 1 ? " ack" : ""));
            return there;
        }

        @Override
        public void expire() {
            expired++;
        }
    }
}
