package dev.penstock.tools.exercise;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The client of the nodes against a server of anyone's: a file there and back, then rounds of connecting, logging on, reading and
 * closing, after which nothing may be left of them. Unsigned: Linux' server signs what it has placed wrongly.
 *
 * <pre>StoreExercise URL RDMA_PORT PASSWORD MEBIBYTES ROUNDS</pre>
 */
final class StoreExercise {
    private static final int PIECE = 8 << 20;

    /** A READ of the rounds: placed, and not a whole number of pages. */
    private static final int SHORT = 100_000;

    /** What the process may grow by while it works: heap, code, stacks. A connection that stayed would be 13 MiB. */
    private static final long GROWTH_KIB = 64 << 10;

    private final SmbStoreOptions options;
    private final String password;
    private final Arena arena = Arena.ofShared();

    private StoreExercise(SmbStoreOptions options, String password) {
        this.options = options;
        this.password = password;
    }

    public static void main(String[] args) throws Exception {
        var exercise = new StoreExercise(
                SmbStoreOptions.parse(args[0], Integer.parseInt(args[1])).unsigned(), args[2]);
        exercise.thereAndBack(Integer.parseInt(args[3]));
        int rounds = Integer.parseInt(args[4]);
        exercise.round(0);
        Held before = Held.now();
        int done = 0;
        while (done < rounds && exercise.round(done)) {
            done++;
        }
        System.out.println("rounds: " + done);
        Held after = Held.now();
        System.out.println("held: " + after);
        System.out.println("left behind: " + (after.nothingBeside(before) ? "nothing" : "beside " + before));
        System.exit(0);
    }

    private SmbFileStore open() throws IOException {
        return SmbFileStore.open(options, password.toCharArray());
    }

    private void thereAndBack(int mebibytes) throws Exception {
        long bytes = (long) mebibytes << 20;
        var memory = Regions.map(bytes, arena).asSlice(0, bytes);
        var random = new SplittableRandom(bytes);
        for (long at = 0; at < bytes; at += 8) {
            memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
        String sent = digest(memory);
        try (var store = open();
                var target = store.target(memory)) {
            long start = System.nanoTime();
            try (var file = store.create("exercise/data")) {
                file.write(0, target, 0, bytes).join();
                file.commit();
            }
            tell("put", bytes, start);
            System.out.println("written by RDMA: " + store.traffic().placed());
            memory.fill((byte) 0);
            start = System.nanoTime();
            try (var file = store.open("exercise/data")) {
                file.read(0, target, 0, bytes).join();
            }
            tell("got", bytes, start);
            System.out.println("moved by RDMA: " + store.traffic().placed() + ", in messages: "
                    + store.traffic().copied());
        }
        System.out.println("sha256: " + sent);
        System.out.println("back: " + (digest(memory).equals(sent) ? "the same" : "WRONG"));
    }

    private static void tell(String what, long bytes, long start) {
        System.out.printf(Locale.ROOT, "%s: %.0f MB/s%n", what, bytes * 1e3 / (System.nanoTime() - start));
    }

    static String digest(MemorySegment memory) throws NoSuchAlgorithmException {
        var digest = MessageDigest.getInstance("SHA-256");
        for (long at = 0; at < memory.byteSize(); at += PIECE) {
            digest.update(
                    memory.asSlice(at, Math.min(PIECE, memory.byteSize() - at)).asByteBuffer());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private boolean round(int number) throws IOException {
        var memory = arena.allocate(SHORT, 4096);
        try (var store = open();
                var file = store.open("exercise/data");
                var target = store.target(memory)) {
            file.read((long) number * SHORT % (file.size() - SHORT), target, 0, SHORT)
                    .join();
            return store.places() && store.traffic().placed() == SHORT;
        }
    }

    /** What this process has of the system: what connections are made of. */
    private record Held(long descriptors, int threads, long kibibytes, String adapters) {
        static Held now() throws IOException, InterruptedException {
            System.gc();
            // Threads that were told to end need a moment.
            Held held = read();
            for (int i = 0; i < 20; i++) {
                Thread.sleep(100);
                Held next = read();
                if (next.descriptors == held.descriptors && next.threads == held.threads && i > 2) {
                    return next;
                }
                held = next;
            }
            return held;
        }

        private static Held read() throws IOException, InterruptedException {
            long size = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmSize:")) {
                    size = Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
            try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
                return new Held(descriptors.count(), Thread.activeCount(), size, objects());
            }
        }

        /** The kernel's count of domains, queues, identifiers and regions; its own are in it and do not change. */
        private static String objects() throws IOException, InterruptedException {
            if (!Files.isDirectory(Path.of("/sys/class/infiniband"))) {
                return "none";
            }
            var process = new ProcessBuilder("rdma", "resource", "show").start();
            String shown = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            process.waitFor();
            return shown.strip().replaceAll("\\s+", " ");
        }

        boolean nothingBeside(Held before) {
            return descriptors == before.descriptors
                    && threads == before.threads
                    && adapters.equals(before.adapters)
                    && kibibytes - before.kibibytes < GROWTH_KIB;
        }
    }
}
