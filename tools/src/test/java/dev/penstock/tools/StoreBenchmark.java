package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.cache.store.smb.SmbStoreOptions;
import dev.penstock.memory.Regions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Signed reads of one page-cached file by a node's own store, over TCP and placed by SMB Direct, and a raw TCP copy of the same bytes, in
 * turn. The store is a process of its own. See docs/benchmarks.md for the command.
 */
@Tag("benchmark")
class StoreBenchmark {
    private static final int BYTES = 512 << 20;
    private static final int ROUNDS = 7;

    @Test
    void placedReadsAgainstReadsOverTcpAgainstARawCopy() throws IOException {
        try (var arena = Arena.ofShared();
                var store = new Store("--signing", "required")) {
            Path file = store.folder().resolve("large");
            write(file);
            var memory = Regions.map(BYTES, arena);
            String url = "smb://" + Store.USER + "@127.0.0.1:" + store.tcp().getPort() + "/" + Store.SHARE;
            var speeds = List.of(new ArrayList<Double>(), new ArrayList<Double>(), new ArrayList<Double>());
            try (var tcp = SmbFileStore.open(SmbStoreOptions.parse(url, -1), Store.PASSWORD.toCharArray());
                    var rdma = SmbFileStore.open(
                            SmbStoreOptions.parse(url, store.rdma().getPort()), Store.PASSWORD.toCharArray())) {
                for (int i = -2; i < ROUNDS; i++) {
                    double[] round = {read(rdma, memory), read(tcp, memory), raw(file, memory.asByteBuffer())};
                    for (int k = 0; k < 3 && i >= 0; k++) {
                        speeds.get(k).add(round[k]);
                    }
                }
            }
            double placed = median(speeds.get(0));
            double overTcp = median(speeds.get(1));
            double copy = median(speeds.get(2));
            System.out.printf(
                    Locale.ROOT,
                    "placed %.2f GB/s, TCP %.2f GB/s, raw copy %.2f GB/s: placed/TCP %.2f, placed/raw %.2f%n",
                    placed,
                    overTcp,
                    copy,
                    placed / overTcp,
                    placed / copy);
        }
    }

    private static void write(Path file) throws IOException {
        byte[] part = new byte[1 << 20];
        new Random(1).nextBytes(part);
        try (var out = Files.newOutputStream(file)) {
            for (int i = 0; i < BYTES; i += part.length) {
                out.write(part);
            }
        }
    }

    private static double read(FileStore store, java.lang.foreign.MemorySegment memory) throws IOException {
        try (var file = store.open("large");
                var target = store.target(memory)) {
            long start = System.nanoTime();
            file.read(0, target, 0, BYTES).join();
            return (double) BYTES / (System.nanoTime() - start);
        }
    }

    /** Reads the file and writes it to a socket in pieces of 1 MiB; the other end reads into the same memory as the others do. */
    private static double raw(Path file, ByteBuffer memory) throws IOException {
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                var client = SocketChannel.open(server.getLocalAddress());
                var accepted = server.accept()) {
            long start = System.nanoTime();
            var sender = CompletableFuture.runAsync(() -> {
                try (var in = FileChannel.open(file)) {
                    var buffer = ByteBuffer.allocateDirect(1 << 20);
                    while (in.read(buffer.clear()) > 0) {
                        buffer.flip();
                        while (buffer.hasRemaining()) {
                            accepted.write(buffer);
                        }
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            memory.clear().limit(BYTES);
            while (memory.hasRemaining() && client.read(memory) >= 0) {
                // on until all is there
            }
            sender.join();
            return (double) BYTES / (System.nanoTime() - start);
        }
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }
}
