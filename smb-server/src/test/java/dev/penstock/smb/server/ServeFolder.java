package dev.penstock.smb.server;

import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.volume.DiskShare;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Serves folders to clients that are tried by hand: PORT SIGNING(required|optional|encrypt) NAME=FOLDER… */
final class ServeFolder {
    private ServeFolder() {}

    public static void main(String[] args) throws Exception {
        UserStore users = UserStore.inMemory();
        users.add("smbtest", "Passw0rd1");
        users.add("smbtest2", "Passw0rd2");
        List<Share> shares = new ArrayList<>();
        for (int i = 2; i < args.length; i++) {
            String[] nameAndFolder = args[i].split("=", 2);
            shares.add(new DiskShare(nameAndFolder[0], Path.of(nameAndFolder[1])));
        }
        var config = SmbServerConfig.of(
                        new InetSocketAddress(System.getProperty("listen", "127.0.0.1"), Integer.parseInt(args[0])),
                        shares,
                        users)
                .withSigningRequired(args[1].equals("required"))
                .withEncrypt(args[1].equals("encrypt"));
        String rdma = System.getProperty("rdma");
        if (rdma != null) {
            int colon = rdma.lastIndexOf(':');
            config = config.withRdma(
                    RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT),
                    new InetSocketAddress(rdma.substring(0, colon), Integer.parseInt(rdma.substring(colon + 1))));
        }
        var server = new SmbServer(config);
        server.start();
        System.out.println("listening on " + server.addresses());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            System.out.println(
                    server.counters() + " slabs out: " + server.slabs().outstanding());
        }));
        Thread.currentThread().join();
    }
}
