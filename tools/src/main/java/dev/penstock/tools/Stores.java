package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.local.LocalFileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What names a store on the command line, and how it is reached. */
final class Stores {
    private static final String NONE = "none";

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "Its first line is the password for the store; else it is asked for.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--rdma-port",
            paramLabel = "PORT",
            defaultValue = "5445",
            description = "Where the store speaks SMB Direct; ${DEFAULT-VALUE} by default; none for TCP only.")
    private String rdmaPort = NONE;

    /** Opens {@code smb://USER@HOST:PORT/SHARE} or a folder. */
    FileStore open(String store) throws IOException {
        if (!store.contains("://")) {
            Path folder = Path.of(store);
            if (!Files.isDirectory(folder)) {
                throw new UserError(store + " is no folder; a share is written smb://USER@HOST:PORT/SHARE");
            }
            return new LocalFileStore(folder);
        }
        try {
            SmbStoreOptions options = SmbStoreOptions.parse(store, port());
            String password = UsersFile.password(passwordFile, options.user());
            return SmbFileStore.open(options, password.toCharArray());
        } catch (IllegalArgumentException e) {
            throw new UserError(Main.describe(e));
        }
    }

    private int port() {
        if (rdmaPort.equals(NONE)) {
            return -1;
        }
        try {
            int port = Integer.parseInt(rdmaPort);
            if (port > 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException _) {
            // answered below
        }
        throw new UserError("--rdma-port is a port from 1 to 65535, or none, not " + rdmaPort);
    }
}
