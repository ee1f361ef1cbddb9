package dev.penstock.tools.exercise;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Random operations on one file, each checked against the same in memory, in the manner of fsx.
 *
 * <pre>FileExercise SEED OPERATIONS SERVER_FOLDER MOUNT [MOUNT]</pre>
 *
 * The system property {@code without} names operations that are left out. With two mounts of the folder, each open is by one of the two, and nothing is mapped: what one has closed, the other must see. Prints one
 * line and ends with 0; at the first difference prints what was done last, and ends with 1.
 */
final class FileExercise {
    private static final int LARGEST = 1 << 20;
    private static final int MOST_AT_ONCE = 96 << 10;
    private static final int BLOCK = 4096;
    private static final int REMEMBERED = 40;

    /** A lease on cached data is taken back without waiting for the one who has it: the other mount gets this long to hear of it. */
    private static final long HANDOVER_MILLIS = 30;

    private enum Operation {
        READ(24),
        WRITE(24),
        MAPPED_READ(8),
        MAPPED_WRITE(8),
        TRUNCATE(8),
        REOPEN(6),
        SYNC(3),
        PUNCH(5),
        ZERO(5),
        ALLOCATE(4),
        COPY(5),
        COLLAPSE(1),
        INSERT(1),
        FORGET(1);

        private static final int SUM =
                Arrays.stream(values()).mapToInt(o -> o.weight).sum();
        private final int weight;

        Operation(int weight) {
            this.weight = weight;
        }

        static Operation any(Random random) {
            int at = random.nextInt(SUM);
            for (Operation operation : values()) {
                at -= operation.weight;
                if (at < 0) {
                    return operation;
                }
            }
            throw new IllegalStateException();
        }
    }

    private final Random random;
    private final List<Path> mounts;
    private final String name;
    private final byte[] model = new byte[LARGEST];
    private final ArrayDeque<String> last = new ArrayDeque<>();
    private final Map<Operation, Integer> done = new EnumMap<>(Operation.class);
    private final Set<Operation> unsupported = EnumSet.noneOf(Operation.class);
    private final Set<Operation> left = EnumSet.noneOf(Operation.class);
    private int length;
    private int mount;
    private FileChannel file;

    private FileExercise(long seed, List<Path> mounts) throws IOException {
        this.random = new Random(seed);
        this.mounts = mounts;
        this.name = "exercised-" + seed;
        this.file = open();
        for (String operation : System.getProperty("without", "").split(",")) {
            if (!operation.isEmpty()) {
                left.add(Operation.valueOf(operation));
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int operations = Integer.parseInt(arguments[1]);
        Path server = Path.of(arguments[2]);
        var mounts = Arrays.stream(arguments).skip(3).map(Path::of).toList();
        var exercise = new FileExercise(seed, mounts);
        int at = 0;
        try {
            for (; at < operations; at++) {
                exercise.step(at);
            }
            exercise.finish(server);
        } catch (IOException | Difference e) {
            System.out.printf("file exercise: WRONG at %d of %d, seed %d: %s%n", at, operations, seed, e);
            exercise.last.forEach(System.out::println);
            System.out.println("file exercise: the server's disk " + exercise.onDisk(server));
            System.exit(1);
        }
        System.out.printf(
                "file exercise: ok, %d operations, seed %d, %d mounts, %s, not supported %s%n",
                operations, seed, mounts.size(), exercise.done, exercise.unsupported);
    }

    private static final class Difference extends Exception {
        private static final long serialVersionUID = 1;

        Difference(String what) {
            super(what);
        }
    }

    /** Tells a wrong file from a wrong view of it, once the client has written back what it kept. */
    private String onDisk(Path server) throws IOException {
        try {
            file.force(true);
            byte[] bytes = Files.readAllBytes(server.resolve(name));
            compare(bytes, bytes.length, 0, LARGEST);
            return "is right";
        } catch (Difference e) {
            return "is wrong: " + e.getMessage();
        }
    }

    private Path path() {
        return mounts.get(mount).resolve(name);
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(path(), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private void step(int number) throws IOException, Difference {
        Operation operation = Operation.any(random);
        boolean mapped = operation == Operation.MAPPED_READ || operation == Operation.MAPPED_WRITE;
        if (left.contains(operation) || (mapped && mounts.size() > 1)) {
            operation = random.nextBoolean() ? Operation.READ : Operation.WRITE;
        }
        try {
            perform(number, operation);
            done.merge(operation, 1, Integer::sum);
        } catch (FileCalls.Unsupported _) {
            unsupported.add(operation);
        }
        long size = file.size();
        if (size != length) {
            throw new Difference("length " + size + " instead of " + length);
        }
    }

    private void perform(int number, Operation operation) throws IOException, Difference {
        int offset = random.nextInt(Math.max(1, length));
        int count = 1 + random.nextInt(MOST_AT_ONCE);
        switch (operation) {
            case READ -> {
                note(number, operation, offset, count);
                read(offset, count);
            }
            case WRITE -> {
                int at = random.nextInt(4) == 0 ? random.nextInt(LARGEST) : offset;
                write(number, at, Math.min(count, LARGEST - at));
            }
            case MAPPED_READ, MAPPED_WRITE -> mapped(number, operation, offset, Math.min(count, length - offset));
            case TRUNCATE -> truncate(number, random.nextInt(LARGEST + 1));
            case REOPEN -> reopen(number);
            case SYNC -> {
                note(number, operation, 0, 0);
                file.force(random.nextBoolean());
            }
            case FORGET -> {
                note(number, operation, 0, 0);
                Path switchOf = Path.of("/proc/sys/vm/drop_caches");
                if (Files.isWritable(switchOf)) {
                    Files.writeString(switchOf, "1");
                }
            }
            default -> withCalls(number, operation, offset, count);
        }
    }

    private void note(int number, Operation operation, long offset, long count) {
        if (last.size() == REMEMBERED) {
            last.removeFirst();
        }
        last.add("%7d %-12s mount %d 0x%06x + 0x%06x, length 0x%06x"
                .formatted(number, operation, mount, offset, count, length));
    }

    private void read(int offset, int count) throws IOException, Difference {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining() && file.read(buffer, offset + buffer.position()) >= 0) {
            // until it is full or the file ends
        }
        compare(buffer.array(), buffer.position(), offset, count);
    }

    private void compare(byte[] read, int got, int offset, int count) throws Difference {
        int expected = Math.max(0, Math.min(count, length - offset));
        if (got != expected) {
            throw new Difference("read " + got + " bytes at " + offset + " instead of " + expected);
        }
        int at = Arrays.mismatch(read, 0, got, model, offset, offset + got);
        if (at >= 0) {
            throw new Difference("byte at 0x%06x is %02x instead of %02x"
                    .formatted(offset + at, read[at] & 0xff, model[offset + at] & 0xff));
        }
    }

    private byte[] fresh(int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private void write(int number, int offset, int count) throws IOException {
        note(number, Operation.WRITE, offset, count);
        byte[] bytes = fresh(count);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer, offset + buffer.position());
        }
        System.arraycopy(bytes, 0, model, offset, count);
        length = Math.max(length, offset + count);
    }

    private void mapped(int number, Operation operation, int offset, int count) throws IOException, Difference {
        note(number, operation, offset, count);
        if (count <= 0) {
            return;
        }
        boolean read = operation == Operation.MAPPED_READ;
        try (var arena = Arena.ofConfined()) {
            MemorySegment memory = file.map(read ? MapMode.READ_ONLY : MapMode.READ_WRITE, offset, count, arena);
            if (read) {
                compare(memory.toArray(ValueLayout.JAVA_BYTE), count, offset, count);
                return;
            }
            byte[] bytes = fresh(count);
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, count);
            System.arraycopy(bytes, 0, model, offset, count);
            if (random.nextBoolean()) {
                memory.force();
            }
        }
    }

    private void truncate(int number, int size) throws IOException {
        note(number, Operation.TRUNCATE, 0, size);
        if (size <= length) {
            file.truncate(size);
            Arrays.fill(model, size, LARGEST, (byte) 0);
        } else {
            // Java cannot make a file longer: a byte at its new end does.
            file.write(ByteBuffer.allocate(1), size - 1L);
        }
        length = size;
    }

    private void reopen(int number) throws IOException {
        note(number, Operation.REOPEN, 0, 0);
        file.close();
        int next = random.nextInt(mounts.size());
        if (next != mount) {
            mount = next;
            pause();
        }
        file = open();
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(HANDOVER_MILLIS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void withCalls(int number, Operation operation, int offset, int count) throws IOException {
        try (var calls = new FileCalls(path())) {
            int first = offset & -BLOCK;
            int blocks = Math.min(count + BLOCK & -BLOCK, LARGEST);
            switch (operation) {
                case PUNCH -> {
                    note(number, operation, offset, count);
                    calls.allocate(FileCalls.PUNCH_HOLE | FileCalls.KEEP_SIZE, offset, count);
                    zero(offset, count);
                }
                case ZERO -> {
                    boolean keeps = random.nextBoolean();
                    int n = Math.min(count, LARGEST - offset);
                    note(number, operation, offset, n);
                    calls.allocate(FileCalls.ZERO_RANGE | (keeps ? FileCalls.KEEP_SIZE : 0), offset, n);
                    zero(offset, n);
                    length = keeps ? length : Math.max(length, offset + n);
                }
                case ALLOCATE -> {
                    boolean keeps = random.nextBoolean();
                    int n = Math.min(count, LARGEST - offset);
                    note(number, operation, offset, n);
                    calls.allocate(keeps ? FileCalls.KEEP_SIZE : 0, offset, n);
                    length = keeps ? length : Math.max(length, offset + n);
                }
                case COPY -> copy(number, calls, offset, Math.min(count, length - offset));
                case COLLAPSE -> collapse(number, calls, first, blocks);
                case INSERT -> insert(number, calls, first, blocks);
                default -> throw new IllegalStateException(operation.name());
            }
        }
    }

    private void zero(int offset, int count) {
        Arrays.fill(model, offset, Math.min(offset + count, LARGEST), (byte) 0);
    }

    private void copy(int number, FileCalls calls, int offset, int count) throws IOException {
        int target = random.nextInt(LARGEST);
        int n = Math.min(Math.min(count, Math.abs(target - offset)), LARGEST - target);
        if (n > 0) {
            note(number, Operation.COPY, offset, n);
            last.add("                     to 0x%06x".formatted(target));
            calls.copy(offset, target, n);
            System.arraycopy(model, offset, model, target, n);
            length = Math.max(length, target + n);
        }
    }

    private void collapse(int number, FileCalls calls, int first, int count) throws IOException {
        if (first + count < length) {
            note(number, Operation.COLLAPSE, first, count);
            calls.allocate(FileCalls.COLLAPSE_RANGE, first, count);
            System.arraycopy(model, first + count, model, first, length - first - count);
            length -= count;
            Arrays.fill(model, length, LARGEST, (byte) 0);
        }
    }

    private void insert(int number, FileCalls calls, int first, int count) throws IOException {
        if (first < length && length + count <= LARGEST) {
            note(number, Operation.INSERT, first, count);
            calls.allocate(FileCalls.INSERT_RANGE, first, count);
            System.arraycopy(model, first, model, first + count, length - first);
            Arrays.fill(model, first, first + count, (byte) 0);
            length += count;
        }
    }

    /** All of it by each mount, then what the server has on its disk. */
    private void finish(Path server) throws IOException, Difference {
        for (int i = 0; i < mounts.size(); i++) {
            file.force(true);
            file.close();
            mount = i;
            pause();
            file = open();
            read(0, LARGEST);
        }
        file.close();
        byte[] onDisk = Files.readAllBytes(server.resolve(name));
        compare(onDisk, onDisk.length, 0, LARGEST);
        Files.delete(path());
    }
}
