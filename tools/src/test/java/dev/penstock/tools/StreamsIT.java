package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.share.DiskShare;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Video: eight streams of 1 MiB reads, each by a connection of its own and at a fixed pace, while a copy writes and reads beside them as fast as
 * it gets. No read takes longer than 250 ms, unless a reader of a local file beside the share's, on the same disk, waited as long at that time.
 */
class StreamsIT {
    private static final int STREAMS = 8;
    private static final int READ = 1 << 20;
    private static final int FILE = 256 << 20;

    /** 12.5 reads a second: eight times that is 100 MiB/s, twice what eight streams of compressed 4K video need. */
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(80);

    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final AtomicLong copied = new AtomicLong();
    private long endNanos;

    /** A read: when it began and how long it took. */
    private record Sample(long began, long took) {
        boolean meets(Sample other) {
            return began < other.began + other.took && other.began < began + took;
        }
    }

    @Test
    @Tag("long")
    void streamsGoOnBesideACopy() throws Exception {
        stream(20);
    }

    @Test
    @Tag("long")
    void streamsGoOnBesideACopyForTenMinutes() throws Exception {
        stream(600);
    }

    private void stream(int seconds) throws Exception {
        try (var store = new Store("--signing", "optional", "--preset", "video");
                var threads = Executors.newFixedThreadPool(STREAMS + 2)) {
            for (int i = 0; i < STREAMS; i++) {
                fill(store.folder().resolve("clip-" + i), i);
            }
            Path beside = store.folder().resolveSibling("local");
            fill(beside, STREAMS);
            endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            var readers = new ArrayList<Future<List<Sample>>>();
            for (int i = 0; i < STREAMS; i++) {
                int number = i;
                readers.add(threads.submit((Callable<List<Sample>>) () -> read(store, "clip-" + number)));
            }
            Future<List<Sample>> local = threads.submit((Callable<List<Sample>>) () -> readLocally(beside));
            Future<?> copy = threads.submit(() -> {
                copy(store);
                return null;
            });
            var all = new ArrayList<Sample>();
            for (Future<List<Sample>> reader : readers) {
                all.addAll(reader.get(seconds + 60, TimeUnit.SECONDS));
            }
            copy.get(60, TimeUnit.SECONDS);
            judge(all, local.get(60, TimeUnit.SECONDS), seconds);
        }
    }

    private void judge(List<Sample> all, List<Sample> local, int seconds) {
        List<Sample> late = all.stream().filter(s -> s.took > LONGEST_NANOS).toList();
        List<Sample> ours = late.stream()
                .filter(s -> local.stream().noneMatch(l -> l.took > LONGEST_NANOS && l.meets(s)))
                .toList();
        System.out.printf(
                "streams: %d reads in %d s beside a copy of %d MiB/s; %s; local reader %s; late %d, of them not the disk's %d%n",
                all.size(),
                seconds,
                (copied.get() >> 20) / seconds,
                times(all),
                times(local),
                late.size(),
                ours.size());
        long start = endNanos - TimeUnit.SECONDS.toNanos(seconds);
        ours.forEach(
                s -> System.out.printf("streams: late at %.3f s, %.1f ms%n", (s.began - start) / 1e9, s.took / 1e6));
        assertThat(all).hasSizeGreaterThan(seconds * STREAMS * 6);
        assertThat(ours).isEmpty();
    }

    private static String times(List<Sample> samples) {
        var took = new ArrayList<>(samples.stream().map(Sample::took).toList());
        Collections.sort(took);
        return "median %.1f ms, 99.9 %% %.1f ms, longest %.1f ms"
                .formatted(
                        took.get(took.size() / 2) / 1e6,
                        took.get((int) (took.size() * 0.999)) / 1e6,
                        took.getLast() / 1e6);
    }

    private static void fill(Path path, long seed) throws IOException {
        var bytes = new byte[READ];
        new Random(seed).nextBytes(bytes);
        try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < FILE / READ; i++) {
                file.write(ByteBuffer.wrap(bytes));
            }
        }
    }

    private interface Reader {
        int read(byte[] buffer, long offset) throws IOException;
    }

    private List<Sample> paced(Reader reader) throws IOException, InterruptedException {
        var samples = new ArrayList<Sample>();
        var buffer = new byte[READ];
        long due = System.nanoTime();
        for (long i = 0; System.nanoTime() < endNanos; i++) {
            long wait = due - System.nanoTime();
            if (wait > 0) {
                TimeUnit.NANOSECONDS.sleep(wait);
            }
            long began = System.nanoTime();
            int n = 0;
            while (n < READ) {
                int part = reader.read(buffer, i % (FILE / READ) * READ + n);
                assertThat(part).isPositive();
                n += part;
            }
            samples.add(new Sample(began, System.nanoTime() - began));
            due = Math.max(due + PACE_NANOS, began);
        }
        return samples;
    }

    private List<Sample> read(Store store, String name) throws IOException, InterruptedException {
        try (var client = client();
                var share = share(client, store);
                var file = share.openFile(
                        name,
                        EnumSet.of(AccessMask.GENERIC_READ),
                        null,
                        SMB2ShareAccess.ALL,
                        SMB2CreateDisposition.FILE_OPEN,
                        null)) {
            return paced(file::read);
        }
    }

    private List<Sample> readLocally(Path path) throws IOException, InterruptedException {
        try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
            return paced((buffer, offset) -> file.read(ByteBuffer.wrap(buffer), offset));
        }
    }

    /** Writes a file and reads it back, again and again. */
    private void copy(Store store) throws IOException {
        var bytes = new byte[READ];
        new Random(1).nextBytes(bytes);
        try (var client = client();
                var share = share(client, store)) {
            while (System.nanoTime() < endNanos) {
                try (var file = share.openFile(
                        "copy",
                        EnumSet.of(AccessMask.GENERIC_READ, AccessMask.GENERIC_WRITE),
                        null,
                        SMB2ShareAccess.ALL,
                        SMB2CreateDisposition.FILE_OVERWRITE_IF,
                        null)) {
                    for (long at = 0; at < FILE && System.nanoTime() < endNanos; at += READ) {
                        copied.addAndGet(file.write(bytes, at));
                    }
                    for (long at = 0; at < FILE && System.nanoTime() < endNanos; at += READ) {
                        copied.addAndGet(Math.max(0, file.read(bytes, at)));
                    }
                }
            }
            share.rm("copy");
        }
        assertThat(Files.exists(store.folder().resolve("copy"))).isFalse();
    }

    private static SMBClient client() {
        return new SMBClient(SmbConfig.builder()
                .withSigningRequired(false)
                .withBufferSize(READ)
                .withSoTimeout(0)
                .build());
    }

    private static DiskShare share(SMBClient client, Store store) throws IOException {
        var session = client.connect("127.0.0.1", store.tcp().getPort())
                .authenticate(new AuthenticationContext(Store.USER, Store.PASSWORD.toCharArray(), null));
        return (DiskShare) session.connectShare(Store.SHARE);
    }
}
