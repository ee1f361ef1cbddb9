package dev.penstock.tools.exercise;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Compares trees that should be the same one: names, kinds, lengths, data, the time of the last change and extended attributes.
 *
 * <pre>TreeComparison FOLDER FOLDER...</pre>
 *
 * <p>What the server keeps for itself beside a file, and shows to nobody, is not compared.
 */
final class TreeComparison {
    private static final String OWN = "penstock.";
    private static final String OWN_FOLDER = ".penstock";

    private TreeComparison() {}

    public static void main(String[] arguments) throws IOException {
        var folders = Arrays.stream(arguments).map(Path::of).toList();
        Map<String, String> first = describe(folders.getFirst());
        boolean same = true;
        for (Path other : folders.subList(1, folders.size())) {
            Map<String, String> seen = describe(other);
            var all = new TreeMap<>(first);
            all.putAll(seen);
            for (String name : all.keySet()) {
                String here = first.get(name);
                if (here == null || !here.equals(seen.get(name))) {
                    same = false;
                    System.out.printf(
                            "tree comparison: %s is %s in %s and %s in %s%n",
                            name, here, folders.getFirst(), seen.get(name), other);
                }
            }
        }
        System.out.printf("tree comparison: %s, %d names in %s%n", same ? "ok" : "WRONG", first.size(), folders);
        System.exit(same ? 0 : 1);
    }

    private static Map<String, String> describe(Path root) throws IOException {
        var found = new TreeMap<String, String>();
        try (var paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = root.relativize(path).toString();
                if (!name.contains(OWN_FOLDER)) {
                    found.put(name, describe(path, name.isEmpty()));
                }
            }
        }
        return found;
    }

    private static String describe(Path path, boolean root) throws IOException {
        if (Files.isDirectory(path)) {
            return "a folder" + (root ? "" : attributes(path));
        }
        byte[] data = Files.readAllBytes(path);
        var sum = new CRC32C();
        sum.update(data);
        return "a file of %d bytes, sum %08x, length told %d, changed %s%s"
                .formatted(
                        data.length,
                        sum.getValue(),
                        Files.size(path),
                        ticks(Files.getLastModifiedTime(path).toInstant()),
                        attributes(path));
    }

    /** SMB counts in ticks of 100 ns. */
    private static Instant ticks(Instant time) {
        return time.minusNanos(time.getNano() % 100);
    }

    private static String attributes(Path path) throws IOException {
        var view = Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
        var text = new StringBuilder();
        for (String name : view.list().stream().sorted().toList()) {
            if (!name.startsWith(OWN)) {
                ByteBuffer value = ByteBuffer.allocate(view.size(name));
                view.read(name, value);
                text.append(", ").append(name).append('=').append(Arrays.hashCode(value.array()));
            }
        }
        return text.toString();
    }
}
