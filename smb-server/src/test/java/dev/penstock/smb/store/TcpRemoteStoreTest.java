package dev.penstock.smb.store;

import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

class TcpRemoteStoreTest extends AbstractRemoteStoreContract {
    @Override
    protected SmbServer start(Share share, UserStore users) throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var server = new SmbServer(SmbServerConfig.of(any, List.of(share), users));
        server.start();
        return server;
    }

    @Override
    protected SmbStoreOptions options(SmbServer server) {
        var address = server.addresses().getFirst();
        return SmbStoreOptions.parse("smb://node@127.0.0.1:" + address.getPort() + "/models", -1);
    }

    @Override
    protected boolean placed() {
        return false;
    }
}
