package dev.penstock.tools.exercise;

import dev.penstock.cache.store.ReadTarget;
import dev.penstock.cache.store.StoredFile;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A store by all cables that it names, each with an adapter of its own; in the middle of transfers a cable is taken out, and put back later. Run in
 * a guest. The number at the end of an interface's name is that of its network, 10.77.N.
 *
 * <pre>RailsExercise URL RDMA_PORT PASSWORD MEBIBYTES "put|get INTERFACE COMMAND_THAT_CUTS=COMMAND_THAT_MENDS"...</pre>
 */
final class RailsExercise {
    private static final int CABLES = 4;

    /** Transfers of the whole at a time, as many as it takes for a cable to be taken out in the middle of them. */
    private static final int AT_A_TIME = 8;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** The one processor of a guest is to start the store meanwhile. */
    private static final long OPEN_AGAIN_MILLIS = 250;

    /** Short against a transfer, in the middle of which something is to happen. */
    private static final long LOOK_AGAIN_MILLIS = 5;

    private final SmbFileStore store;
    private final MemorySegment content;
    private final MemorySegment memory;
    private final ReadTarget source;
    private final ReadTarget target;

    private RailsExercise(SmbFileStore store, int bytes, Arena arena) throws IOException {
        this.store = store;
        byte[] random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        content = Regions.map(bytes, arena).asSlice(0, bytes).copyFrom(MemorySegment.ofArray(random));
        memory = Regions.map(bytes, arena).asSlice(0, bytes);
        source = store.target(content);
        target = store.target(memory);
    }

    public static void main(String[] args) throws Exception {
        var options = SmbStoreOptions.parse(args[0], Integer.parseInt(args[1])).withRdmaProvider("verbs");
        int bytes = Integer.parseInt(args[3]) << 20;
        try (var arena = Arena.ofShared();
                var store = open(options, args[2])) {
            var exercise = new RailsExercise(store, bytes, arena);
            until("all cables", () -> store.ways().size() == CABLES && exercise.standing() == CABLES);
            store.ways().forEach(way -> System.out.println("way: " + way.host()));
            exercise.put();
            System.out.println("sha256: " + StoreExercise.digest(exercise.content));
            for (int i = 4; i < args.length; i++) {
                exercise.lose(args[i]);
            }
            exercise.tellSpeed();
            System.out.println("by messages: " + store.traffic().copied());
            exercise.source.close();
            exercise.target.close();
            store.create("done").commit();
        }
        System.out.println("all held");
    }

    /** The store's machine may still be starting, and no word of that reaches this one: it is asked until it answers. */
    private static SmbFileStore open(SmbStoreOptions options, String password)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return SmbFileStore.openByAllCables(options, password.toCharArray());
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(OPEN_AGAIN_MILLIS);
            }
        }
    }

    private long standing() {
        return store.ways().stream().filter(SmbFileStore.Way::standing).count();
    }

    private boolean stands(String host) {
        return store.ways().stream().anyMatch(way -> way.host().equals(host) && way.standing());
    }

    private void put() throws Exception {
        try (var fresh = store.create("f")) {
            fresh.write(0, source, 0, content.byteSize()).get();
            fresh.commit();
        }
    }

    private void lose(String told) throws Exception {
        String[] words = told.split(" ", 3);
        String[] commands = words[2].split("=", 2);
        String cable = words[1];
        String host = "10.77." + cable.substring(1) + ".1";
        if (words[0].equals("put")) {
            try (var fresh = store.create("f")) {
                var writes = new CompletableFuture<?>[AT_A_TIME];
                for (int i = 0; i < AT_A_TIME; i++) {
                    writes[i] = fresh.write(0, source, 0, content.byteSize());
                }
                cut(cable, host, commands[0], writes);
                fresh.commit();
            }
        }
        try (var file = store.open("f")) {
            if (words[0].equals("get")) {
                memory.fill((byte) 0);
                var reads = new CompletableFuture<?>[AT_A_TIME];
                for (int i = 0; i < AT_A_TIME; i++) {
                    reads[i] = file.read(0, target, 0, content.byteSize());
                }
                cut(cable, host, commands[0], reads);
                compare(told);
            }
            read(file, told);
            check(!stands(host), host + " stands without its cable");
            check(standing() == CABLES - 1, "others were lost: " + store.ways());

            shell(commands[1]);
            long mended = System.nanoTime();
            until(host + " again", () -> stands(host));
            System.out.printf(Locale.ROOT, "back: %s after %d ms%n", cable, millis(mended));
            long before = carried(cable);
            read(file, told);
            check(carried(cable) - before > content.byteSize() / 16, cable + " is not used again");
        }
    }

    /** Takes the cable out when it has carried its share, and waits for what is under way. */
    private void cut(String cable, String host, String command, CompletableFuture<?>[] transfers) throws Exception {
        long[] before = new long[CABLES + 1];
        for (int i = 1; i <= CABLES; i++) {
            before[i] = carried("c" + i);
        }
        int victim = Integer.parseInt(cable.substring(1));
        until(cable + " in use", () -> carried(cable) - before[victim] > content.byteSize() / 8);
        check(!transfers[AT_A_TIME - 1].isDone(), "all was moved before " + cable + " was taken out");
        shell(command);
        long start = System.nanoTime();
        until(host + " lost", () -> !stands(host));
        long lost = millis(start);
        CompletableFuture.allOf(transfers).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        System.out.printf(Locale.ROOT, "lost: %s after %d ms, all moved after %d ms%n", cable, lost, millis(start));
        for (int i = 1; i <= CABLES; i++) {
            check(carried("c" + i) - before[i] > content.byteSize() / 8, "c" + i + " had no share of it");
        }
    }

    private void read(StoredFile file, String what) throws Exception {
        memory.fill((byte) 0);
        file.read(0, target, 0, content.byteSize()).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        compare(what);
    }

    private void compare(String what) {
        long differs = memory.mismatch(content);
        check(differs == -1, what + ": a wrong byte at " + differs);
    }

    private void tellSpeed() throws Exception {
        long start = System.nanoTime();
        try (var file = store.open("f")) {
            read(file, "at the end");
        }
        System.out.printf(Locale.ROOT, "got: %.0f MB/s%n", content.byteSize() * 1e3 / (System.nanoTime() - start));
    }

    private static void check(boolean right, String otherwise) {
        if (!right) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** By asking again: the kernel tells nobody that a counter of an interface has grown, nor the store that a way of its is there or lost. */
    private static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            check(System.nanoTime() < end, "not in time: " + what);
            Thread.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    private static long millis(long since) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    /** Bytes in both directions. */
    private static long carried(String name) {
        try {
            var statistics = Path.of("/sys/class/net", name, "statistics");
            return Long.parseLong(
                            Files.readString(statistics.resolve("rx_bytes")).strip())
                    + Long.parseLong(
                            Files.readString(statistics.resolve("tx_bytes")).strip());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void shell(String command) throws IOException, InterruptedException {
        int status = new ProcessBuilder("/bin/bash", "-c", command)
                .inheritIO()
                .start()
                .waitFor();
        check(status == 0, command + " ended with " + status);
    }
}
