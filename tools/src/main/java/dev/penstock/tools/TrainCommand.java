package dev.penstock.tools;

import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import dev.penstock.rdma.RdmaDevices;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import dev.penstock.smb.volume.DiskShare;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Serves a file to itself a few times, over TCP and SMB Direct: the run that the JVM's cache of classes and profiles is made of, by the launcher,
 * once per build.
 */
@Command(name = "train", hidden = true, description = "Runs the server for the JVM's cache; for the launcher.")
final class TrainCommand implements Callable<Integer> {
    private static final String NAME = "train";
    private static final int BYTES = 16 << 20;

    /** Enough for the compilers to have seen what is hot; a second or two. */
    private static final int ROUNDS = 20;

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("penstock-train");
        Path file = folder.resolve(NAME);
        try {
            Files.write(file, new byte[BYTES]);
            serve(folder);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
        return 0;
    }

    private static void serve(Path folder) throws IOException {
        UserStore accounts = UserStore.inMemory();
        accounts.add(NAME, NAME);
        var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var config = SmbServerConfig.of(loopback, List.of(new DiskShare(NAME, folder)), accounts)
                .withRdma(RdmaDevices.iwarp(), loopback);
        try (var server = new SmbServer(config);
                var arena = Arena.ofShared()) {
            server.start();
            var memory = Regions.map(BYTES, arena);
            String url =
                    "smb://" + NAME + "@" + Addresses.show(server.addresses().getFirst()) + "/" + NAME;
            int direct = server.rdmaAddresses().getFirst().getPort();
            for (int port : new int[] {-1, direct}) {
                try (var store = SmbFileStore.open(SmbStoreOptions.parse(url, port), NAME.toCharArray());
                        var target = store.target(memory)) {
                    for (int i = 0; i < ROUNDS; i++) {
                        try (var file = store.open(NAME)) {
                            file.read(0, target, 0, BYTES).join();
                        }
                    }
                }
            }
        }
    }
}
