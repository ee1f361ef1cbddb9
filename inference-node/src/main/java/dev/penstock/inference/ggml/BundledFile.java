package dev.penstock.inference.ggml;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Unpacks a native library out of a jar into a folder of the user's own, once: the file is named by the hash of its contents and is used
 * again only where the contents still have that hash. Stateless.
 */
final class BundledFile {
    private BundledFile() {}

    static Path extract(String resource) throws IOException {
        byte[] contents;
        try (InputStream in = BundledFile.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no " + resource + " on the class path: this platform has none");
            }
            contents = in.readAllBytes();
        }
        Path folder = cacheFolder();
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        String name = resource.substring(resource.lastIndexOf('/') + 1);
        Path file = folder.resolve(hash(contents) + "-" + name);
        if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), contents)) {
            Path part = Files.createTempFile(folder, name, ".part");
            try {
                Files.write(part, contents);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return file;
    }

    private static Path cacheFolder() {
        String named = System.getProperty("penstock.cache", System.getenv("XDG_CACHE_HOME"));
        Path home = Path.of(System.getProperty("user.home"));
        boolean mac = System.getProperty("os.name", "").startsWith("Mac");
        Path caches = named != null ? Path.of(named) : mac ? home.resolve("Library/Caches") : home.resolve(".cache");
        return caches.resolve("penstock").resolve("native");
    }

    private static String hash(byte[] contents) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(contents);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
