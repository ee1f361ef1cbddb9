package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.wire.dtyp.FileTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WriteTimesTest {
    private static final long CREATED = FileTime.of(Instant.parse("2026-11-23T00:00:00Z"));

    private final AtomicReference<Instant> clock = new AtomicReference<>(Instant.parse("2026-11-23T00:00:01Z"));
    private final WriteTimes times = new WriteTimes(clock::get);
    private final WriteTimes.Writer writer = new WriteTimes.Writer();

    /** The file's own time, as POSIX keeps it. */
    private long own = CREATED;

    private long now() {
        return FileTime.of(clock.get());
    }

    private void pass(double seconds) {
        clock.updateAndGet(t -> t.plusMillis((long) (seconds * 1000)));
    }

    private void write() {
        long before = own;
        own = now();
        times.wrote(writer, before);
    }

    private long shown() {
        return times.shown(own);
    }

    private long close() {
        long set = times.closed(writer, own);
        own = set != 0 ? set : own;
        return shown();
    }

    @Test
    void theFirstWriteShowsTwoSecondsLater() {
        write();
        long written = now();
        assertThat(shown()).isEqualTo(CREATED);
        pass(1.9);
        assertThat(shown()).isEqualTo(CREATED);
        pass(0.1);
        assertThat(shown()).isEqualTo(written);
        pass(5);
        assertThat(close()).as("nothing was written since").isEqualTo(written);
    }

    @Test
    void laterWritesShowWhenTheHandleCloses() {
        write();
        pass(3);
        long first = shown();
        write();
        pass(3);
        assertThat(shown()).isEqualTo(first);
        pass(2);
        assertThat(close()).isEqualTo(now());
    }

    @Test
    void aFlushShowsWhatWasWrittenAndOwesNothing() {
        write();
        long written = now();
        pass(0.5);
        times.reveal(writer);
        assertThat(shown()).isEqualTo(written);
        pass(5);
        assertThat(close()).isEqualTo(written);
    }

    @Test
    void afterAFlushWritesWaitForTheEnd() {
        write();
        times.reveal(writer);
        long flushed = shown();
        pass(1);
        assertThat(times.wantsTimeBefore(writer)).isTrue();
        write();
        pass(10);
        assertThat(shown()).isEqualTo(flushed);
        assertThat(close()).isEqualTo(now());
    }

    @Test
    void settingBasicInformationShowsWhatIsOwedOnly() {
        assertThat(times.revealed(writer)).isZero();
        write();
        pass(0.001);
        assertThat(times.revealed(writer)).isEqualTo(now());
        assertThat(times.revealed(writer)).isZero();
    }

    @Test
    void aCloseSoonAfterTheWriteLeavesItsOwnTime() {
        write();
        long written = now();
        pass(0.2);
        assertThat(close()).isEqualTo(written);
    }

    @Test
    void anotherHandlesCloseDoesNotTouchTheTime() {
        var reader = new WriteTimes.Writer();
        write();
        assertThat(times.closed(reader, own)).isZero();
        assertThat(shown()).isEqualTo(CREATED);
    }

    /** Seen with two mounts of the Linux kernel's client: the one that had set the length took back what the other wrote after it. */
    @Test
    void whoClosesDoesNotTakeBackWhatAnotherHasWritten() {
        var other = new WriteTimes.Writer();
        times.reveal(other);
        write();
        long written = now();
        pass(1);
        assertThat(times.closed(other, own)).as("a time to set").isZero();
        assertThat(shown()).isEqualTo(CREATED);
        pass(1);
        assertThat(shown()).isEqualTo(written);
        assertThat(close()).isEqualTo(written);
    }

    @Test
    void aWriteThatWasNotShownYetIsWhileItsClientIsAway() {
        write();
        long written = now();
        pass(0.5);
        times.reveal(writer); // as going away does
        pass(300);
        assertThat(shown()).isEqualTo(written);
        assertThat(close()).isEqualTo(written);
    }
}
