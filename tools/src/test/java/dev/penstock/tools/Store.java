package dev.penstock.tools;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code penstock serve} as a process of its own, on a temporary folder and free ports of the loopback. */
final class Store implements AutoCloseable {
    static final String USER = "ada";
    static final String PASSWORD = "Passw0rd1";
    static final String SHARE = "store";

    private final Children children;
    private final Path shared;
    private final Children.Child process;
    private final InetSocketAddress tcp;
    private final InetSocketAddress rdma;

    Store(String... options) throws IOException {
        Path work = Files.createTempDirectory("penstock-it-");
        children = new Children(work);
        shared = Files.createDirectory(work.resolve("shared"));
        Path password = Files.writeString(work.resolve("password"), PASSWORD + "\n");
        var arguments = new ArrayList<>(List.of("serve", shared.toString(), "--share", SHARE));
        arguments.addAll(List.of("--listen", "127.0.0.1:0", "--rdma-listen", "127.0.0.1:0"));
        arguments.addAll(List.of("--user", USER, "--password-file", password.toString()));
        arguments.addAll(List.of(options));
        process = children.start("store", arguments);
        tcp = process.address("ready: smb ");
        rdma = process.address("ready: smb-direct ");
    }

    /** The shared folder. */
    Path folder() {
        return shared;
    }

    InetSocketAddress tcp() {
        return tcp;
    }

    InetSocketAddress rdma() {
        return rdma;
    }

    /** As a power cut does. */
    void kill() {
        process.handle().destroyForcibly();
    }

    @Override
    public void close() {
        children.close();
    }
}
