package dev.penstock.smb.store;

import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.RdmaProvider;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

class RdmaRemoteStoreTest extends AbstractRemoteStoreContract {
    @Override
    protected SmbServer start(Share share, UserStore users) throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var device = RdmaProvider.named("iwarp").orElseThrow().open(DeviceOptions.DEFAULT);
        var server =
                new SmbServer(SmbServerConfig.of(any, List.of(share), users).withRdma(device, any));
        server.start();
        return server;
    }

    @Override
    protected SmbStoreOptions options(SmbServer server) {
        int tcp = server.addresses().getFirst().getPort();
        int rdma = server.rdmaAddresses().getFirst().getPort();
        return SmbStoreOptions.parse("smb://node@127.0.0.1:" + tcp + "/models", rdma);
    }

    @Override
    protected boolean placed() {
        return true;
    }
}
