package dev.penstock.tools;

import dev.penstock.cache.store.WritableStore;
import dev.penstock.cache.store.local.LocalFileStore;
import dev.penstock.cache.store.smb.NoSmbDirectException;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What names a store on the command line, and how it is reached. */
final class Stores {
    private static final String NONE = "none";
    private static final String AUTO = "auto";
    private static final String REQUIRED = "required";

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "Its first line is the password for the store; else it is asked for.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--rdma-port",
            paramLabel = "PORT",
            defaultValue = AUTO,
            description =
                    "Where the store speaks SMB Direct; by default 5445 over iWARP, else 445 or 5445; none for TCP only.")
    private String rdmaPort = NONE;

    @Option(
            names = "--store-rdma-provider",
            paramLabel = "auto|iwarp|verbs|thunderbolt",
            defaultValue = RdmaDevices.AUTO,
            description =
                    "By what SMB Direct goes to the store; by default the adapter whose address the route to it starts"
                            + " from, if one has it, else iWARP in user space.")
    private String rdmaProvider = RdmaDevices.AUTO;

    @Option(
            names = "--store-signing",
            paramLabel = "required|optional",
            defaultValue = REQUIRED,
            description =
                    "Whether messages to and from the store must be signed; by default required. Linux' own server can"
                            + " be read by RDMA without only.")
    private String signing = REQUIRED;

    @Option(
            names = "--rail",
            paramLabel = "auto|none|HOST",
            split = ",",
            description =
                    "Further addresses of the store's machine, that other cables lead to: all are used together, and one"
                            + " that is lost takes only its speed with it. By default those that the store names and that"
                            + " are in networks of this machine; none for the one address only.")
    private List<String> rails = List.of(AUTO);

    /** Opens {@code smb://USER@HOST:PORT/SHARE} or a folder. */
    WritableStore open(String store) throws IOException {
        if (!store.contains("://")) {
            Path folder = Path.of(store);
            if (!Files.isDirectory(folder)) {
                throw new UserError(store + " is no folder; a share is written smb://USER@HOST:PORT/SHARE");
            }
            return new LocalFileStore(folder);
        }
        try {
            SmbStoreOptions named = SmbStoreOptions.parse(store, port()).withRdmaProvider(rdmaProvider);
            SmbStoreOptions options = signed() ? named : named.unsigned();
            String password = UsersFile.password(passwordFile, options.user());
            if (rails.equals(List.of(AUTO))) {
                return SmbFileStore.openByAllCables(options, password.toCharArray());
            }
            var ways = new ArrayList<>(List.of(options));
            if (!rails.equals(List.of(NONE))) {
                rails.forEach(host -> ways.add(options.withHost(host)));
            }
            return SmbFileStore.open(ways, password.toCharArray());
        } catch (NoSmbDirectException e) {
            throw new IOException(
                    Main.describe(e) + "; --rdma-port says where the store speaks it, or none for TCP only", e);
        } catch (IllegalArgumentException e) {
            throw new UserError(Main.describe(e));
        }
    }

    private boolean signed() {
        return switch (signing) {
            case REQUIRED -> true;
            case "optional" -> false;
            default -> throw new UserError("--store-signing is required or optional, not " + signing);
        };
    }

    private int port() {
        if (rdmaPort.equals(NONE)) {
            return SmbStoreOptions.NO_RDMA;
        }
        if (rdmaPort.equals(AUTO)) {
            return SmbStoreOptions.USUAL_RDMA_PORT;
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
