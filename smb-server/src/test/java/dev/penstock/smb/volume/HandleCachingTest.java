package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.volume.caching.FileCaching;
import dev.penstock.smb.volume.caching.LeaseId;
import dev.penstock.smb.volume.caching.Leases;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HandleCachingTest {
    private static final int ALL = LeaseState.READ | LeaseState.HANDLE | LeaseState.WRITE;
    private static final LeaseId LEASE = new LeaseId(new Guid(1, 1), new Guid(2, 2));

    private final Node node = new Node(new NodeKey(1, 1, ""), InstantSource.system(), new Leases());
    private final HandleCaching handle = new HandleCaching(node);
    private final Client client = new Client();

    private void give(HandleCaching to, Holder holder, @Nullable LeaseId lease, int state) {
        var asked = lease == null ? null : new LeaseContext(2, lease.key(), state, 0, new Guid(0, 0), 0);
        var wish = new FileCaching.Wish(lease, asked, state, false, false, false);
        to.give(node.caching.grant(wish, holder, Alarms.NEVER), holder);
    }

    private boolean anotherOpenWaits() {
        return node.caching.mustWait(new FileCaching.Opening(AccessMask.READ_DATA, false, false, true, null));
    }

    @Test
    void aHandleThatNothingIsKeptByIsNotHeldForItsClient() {
        assertThat(handle.oplockLevel()).isEqualTo(Create.OPLOCK_NONE);
        assertThat(handle.lease()).isNull();
        assertThat(handle.keepsHandle()).isFalse();
    }

    @Test
    void anOplockIsToldByItsLevelAndALeaseByItsContext() {
        give(handle, client, null, ALL);
        assertThat(handle.oplockLevel()).isEqualTo(Create.OPLOCK_BATCH);
        assertThat(handle.lease()).isNull();
        handle.close();

        give(handle, client, LEASE, ALL);
        assertThat(handle.oplockLevel()).isEqualTo(Create.OPLOCK_LEASE);
        assertThat(Objects.requireNonNull(handle.lease()).state()).isEqualTo(ALL);
    }

    @Test
    void theHandleIsKeptUntilSomebodyWaitsForIt() {
        give(handle, client, LEASE, ALL);
        assertThat(handle.keepsHandle()).isTrue();

        assertThat(anotherOpenWaits()).isTrue();

        assertThat(handle.keepsHandle()).isFalse();
    }

    @Test
    void whoeverHasTheHandleNowIsTheOneThatIsTold() {
        var back = new Client();
        give(handle, client, null, ALL);

        handle.handTo(back);
        anotherOpenWaits();

        assertThat(client.told).isEmpty();
        assertThat(back.told).containsExactly("oplock");
    }

    @Test
    void aHandleThatWasHandedOnIsStillTheLastToTakeTheLeaseWithIt() {
        give(handle, client, LEASE, ALL);
        handle.handTo(new Client());
        assertThat(node.caching.isEmpty()).isFalse();

        handle.close();

        assertThat(node.caching.isEmpty()).isTrue();
    }

    @Test
    void aWriterTakesWhatOthersKeepAndItsOwnLeaseStays() {
        var reader = new Client();
        var other = new HandleCaching(node);
        give(handle, client, LEASE, LeaseState.READ);
        give(other, reader, new LeaseId(new Guid(3, 3), new Guid(4, 4)), LeaseState.READ);

        handle.contend();

        assertThat(reader.told).containsExactly("lease");
        assertThat(client.told).isEmpty();
        assertThat(Objects.requireNonNull(handle.grant()).state()).isEqualTo(LeaseState.READ);
        assertThat(Objects.requireNonNull(other.grant()).state()).isZero();
        assertThat(node.lock.isLocked()).isFalse();
    }

    private static final class Client implements Holder {
        private final List<String> told = new ArrayList<>();

        @Override
        public boolean breakOplock(int level) {
            return told.add("oplock");
        }

        @Override
        public boolean breakLease(LeaseBreak.Notification notification) {
            return told.add("lease");
        }

        @Override
        public void expire() {
            told.add("expire");
        }
    }
}
