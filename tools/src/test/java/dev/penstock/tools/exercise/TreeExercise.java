package dev.penstock.tools.exercise;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A crowd on one tree through several mounts of one share, in the manner of fsstress: any operation on any of a few names, so that they
 * meet. What a file system may answer to that is counted; an input or output error, or a hang, is a failure.
 *
 * <pre>TreeExercise SEED SECONDS THREADS MOUNT...</pre>
 */
final class TreeExercise {
    private static final int FOLDERS = 6;
    private static final int NAMES = 24;
    private static final int LARGEST = 300_000;
    private static final long HANG_SECONDS = 90;

    /** What one who comes too early or too late is told by Linux; all else is not expected of a file system. */
    private static final Set<String> EXPECTED = Set.of(
            "No such file or directory",
            "File exists",
            "Directory not empty",
            "Not a directory",
            "Is a directory",
            "Permission denied", // what SMB calls a file that is marked for deletion
            "Device or resource busy",
            "Text file busy", // a sharing violation
            "No data available",
            "Stale file handle",
            "Invalid argument", // a folder into itself
            "Operation not permitted");

    private enum Operation {
        CREATE,
        WRITE,
        OVERWRITE,
        READ,
        TRUNCATE,
        RENAME,
        REPLACE,
        DELETE,
        MAKE_FOLDER,
        REMOVE_FOLDER,
        LIST,
        SET_TIME,
        SET_MODE,
        SET_ATTRIBUTE,
        GET_ATTRIBUTE,
        REMOVE_ATTRIBUTE
    }

    private final List<Path> mounts;
    private final Map<String, Integer> counts = new ConcurrentSkipListMap<>();
    private final AtomicBoolean failed = new AtomicBoolean();
    private final long endNanos;

    private TreeExercise(List<Path> mounts, int seconds) {
        this.mounts = mounts;
        this.endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        var mounts = Arrays.stream(arguments).skip(3).map(Path::of).toList();
        for (int i = 0; i < FOLDERS; i++) {
            Files.createDirectories(mounts.getFirst().resolve("top-" + i));
        }
        var exercise = new TreeExercise(mounts, seconds);
        var ended = new CountDownLatch(threads);
        var workers = IntStream.range(0, threads)
                .mapToObj(i -> Thread.ofPlatform().daemon().name("worker-" + i).start(() -> {
                    exercise.work(new Random(seed * 1000 + i));
                    ended.countDown();
                }))
                .toList();
        if (!ended.await(seconds + HANG_SECONDS, TimeUnit.SECONDS)) {
            System.out.println("tree exercise: HANG, seed " + seed);
            workers.forEach(t -> System.out.println(t.getName() + " " + Arrays.toString(t.getStackTrace())));
            System.exit(1);
        }
        long sum = exercise.counts.values().stream().mapToLong(n -> n).sum();
        System.out.printf(
                "tree exercise: %s, %d operations in %d s by %d threads, seed %d, %s%n",
                exercise.failed.get() ? "WRONG" : "ok", sum, seconds, threads, seed, exercise.counts);
        System.exit(exercise.failed.get() ? 1 : 0);
    }

    private void work(Random random) {
        while (System.nanoTime() < endNanos && !failed.get()) {
            Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
            Path mount = mounts.get(random.nextInt(mounts.size()));
            Path one = any(mount, random);
            try {
                perform(operation, one, any(mount, random), random);
                counts.merge(operation.name(), 1, Integer::sum);
            } catch (NoSuchFileException | FileAlreadyExistsException | DirectoryNotEmptyException e) {
                counts.merge(e.getClass().getSimpleName(), 1, Integer::sum);
            } catch (NotDirectoryException e) {
                counts.merge("Not a directory", 1, Integer::sum);
            } catch (IOException | UncheckedIOException e) {
                told(operation, one, e);
            }
        }
    }

    private void told(Operation operation, Path path, Exception e) {
        Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
        String reason = cause instanceof FileSystemException system && system.getReason() != null
                ? system.getReason()
                : cause instanceof java.nio.file.AccessDeniedException ? "Permission denied" : cause.getMessage();
        String known = EXPECTED.stream()
                .filter(text -> reason != null && reason.contains(text))
                .findFirst()
                .orElse(null);
        if (known != null) {
            counts.merge(known, 1, Integer::sum);
        } else {
            System.out.println("tree exercise: " + operation + " " + path + ": " + cause);
            failed.set(true);
        }
    }

    private static Path any(Path mount, Random random) {
        Path folder = mount.resolve("top-" + random.nextInt(FOLDERS));
        int depth = random.nextInt(3);
        for (int i = 0; i < depth; i++) {
            folder = folder.resolve("folder-" + random.nextInt(3));
        }
        return folder.resolve(random.nextInt(6) == 0 ? "folder-" + random.nextInt(3) : "name-" + random.nextInt(NAMES));
    }

    private static void perform(Operation operation, Path one, Path other, Random random) throws IOException {
        switch (operation) {
            case CREATE -> Files.write(one, fresh(random), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            case WRITE -> write(one, random);
            case OVERWRITE ->
                Files.write(one, fresh(random), StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            case READ -> Files.readAllBytes(one);
            case TRUNCATE -> {
                try (var file = FileChannel.open(one, StandardOpenOption.WRITE)) {
                    file.truncate(random.nextInt(LARGEST));
                }
            }
            case RENAME -> {
                // Java's own look whether the target is there is not the kernel's: both ways are tried.
                Files.move(one, other);
            }
            case REPLACE -> Files.move(one, other, StandardCopyOption.ATOMIC_MOVE);
            case DELETE, REMOVE_FOLDER -> Files.delete(one);
            case MAKE_FOLDER -> Files.createDirectory(one.resolveSibling("folder-" + random.nextInt(3)));
            case LIST -> list(one);
            case SET_TIME -> Files.setLastModifiedTime(one, FileTime.fromMillis(random.nextInt() * 1000L));
            case SET_MODE ->
                Files.setPosixFilePermissions(
                        one, PosixFilePermissions.fromString(random.nextBoolean() ? "rw-r--r--" : "rwxr-xr-x"));
            case SET_ATTRIBUTE -> view(one).write("key" + random.nextInt(3), ByteBuffer.wrap(few(random)));
            case GET_ATTRIBUTE -> {
                for (String name : view(one).list()) {
                    view(one).size(name);
                }
            }
            case REMOVE_ATTRIBUTE -> view(one).delete("key" + random.nextInt(3));
        }
    }

    private static void write(Path path, Random random) throws IOException {
        try (var file = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                file.write(ByteBuffer.wrap(fresh(random)), random.nextInt(LARGEST));
            }
            if (random.nextInt(8) == 0) {
                file.force(true);
            }
        }
    }

    private static void list(Path path) throws IOException {
        try (Stream<Path> names = Files.list(path.getParent())) {
            for (Path name : names.toList()) {
                Files.exists(name);
            }
        }
    }

    private static UserDefinedFileAttributeView view(Path path) {
        return Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
    }

    private static byte[] fresh(Random random) {
        var bytes = new byte[random.nextInt(random.nextInt(4) == 0 ? LARGEST / 4 : 2000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] few(Random random) {
        var bytes = new byte[1 + random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }
}
