package dev.penstock.smb.volume.host;

import java.io.IOException;
import java.nio.file.Path;

/** What somebody else on this machine does: the server knows its own process's doings from theirs. */
public final class OtherProcess {
    private OtherProcess() {}

    /** Runs a line of shell in a folder to its end. */
    public static void run(Path folder, String line) throws IOException {
        Process shell = new ProcessBuilder("/bin/sh", "-ec", line)
                .directory(folder.toFile())
                .inheritIO()
                .start();
        try {
            if (shell.waitFor() != 0) {
                throw new IOException(line);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
