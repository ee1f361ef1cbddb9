package dev.penstock.smb.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The POSIX user id that this process runs as. */
final class ProcessOwner {
    private ProcessOwner() {}

    /** The id, or {@code otherwise} where the operating system does not tell a JVM. */
    static int uid(int otherwise) {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException | UnsupportedOperationException _) {
            return otherwise;
        }
    }
}
