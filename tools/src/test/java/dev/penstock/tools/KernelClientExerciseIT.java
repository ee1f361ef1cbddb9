package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whether a share mounted by the Linux kernel's client is a file system: random operations on a file against a model, by one mount and by
 * two in turn; a crowd on one tree by two mounts, which are compared with the server's disk afterwards; a source tree unpacked, built and
 * put under version control. Over TCP and over SMB Direct, in the guest of docs/testing.md. Found by it and mended: a rename onto a name
 * that the other mount still had a lease for ended in an I/O error, and so did zeroing on a file system that cannot zero and keep space.
 */
class KernelClientExerciseIT {
    private static final List<String> TRANSPORTS = List.of("port=4450", "rdma,port=5445,sec=ntlmsspi");

    /**
     * What the client of Linux 6.12 says with any server: when it meets a folder again that the other mount has renamed; and when it is
     * to write to a mapped page that it has not read, which its successors mend.
     */
    private static final Pattern CLIENTS_OWN = Pattern.compile("Autodisabling the use of server inode numbers"
            + "|The server doesn't seem to support them properly"
            + "|Hardlinks will not be recognized"
            + "|netfs_page_mkwrite"
            // A lease's break that crossed the close of the last file under it:
            + "|No task to wake, unknown frame received"
            // No faults at all:
            + "|RDMA transport established"
            + "|Signing is enabled, and RDMA read/write will be disabled");

    @TempDir
    Path temporary;

    @Test
    @Tag("long") // five minutes in the guest
    void aShareMountedTwiceIsAFileSystem() throws IOException {
        exercise(2, 1000, 15, 600);
    }

    /** 104,000 operations by one mount, 26,000 by two in turn and ten minutes of the crowd, half of each over TCP. */
    @Test
    @Tag("long")
    void aShareMountedTwiceIsAFileSystemForLong() throws IOException {
        exercise(26, 2000, 300, 3500);
    }

    private void exercise(int runs, int operations, int seconds, int limit) throws IOException {
        long seed = Long.getLong("exercise.seed", 100);
        String out = Guest.run(
                "kernel-client-exercise.sh",
                limit,
                Map.of("SEED", seed, "RUNS", runs, "OPERATIONS", operations, "SECONDS_", seconds),
                temporary);
        for (String transport : TRANSPORTS) {
            assertThat(out)
                    .contains("one mount " + transport + ": " + runs + "\n")
                    .contains("two mounts " + transport + ": " + runs + "\n")
                    .contains("crowd " + transport + ": ok")
                    .contains("tree " + transport + ": ok")
                    .contains("repository " + transport + ": ok");
        }
        assertThat(out).contains("server ended: 0").contains("bugs=0");
        assertThat(out.lines()
                        .filter(line -> Pattern.compile("WARN|BUG|Oops|CIFS: VFS")
                                .matcher(line)
                                .find())
                        .filter(line -> !CLIENTS_OWN.matcher(line).find()))
                .as(out)
                .isEmpty();
    }
}
