package dev.penstock.rdma.verbs;

import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * One of two machines that move bytes over unreliable connections: {@code UcPeer accept|ask ADDRESS BYTES SEED CONDITION=COMMAND...}, where the address
 * is that of the accepting one. Before each condition the command is run by the shell, and a new connection moves that many bytes each way. Run by
 * {@link TwoGuestsIT}.
 */
final class UcPeer {
    private static final int FIRST_PORT = 7471;

    private UcPeer() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean asks = arguments[0].equals("ask");
        long bytes = Long.parseLong(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        for (int i = 4; i < arguments.length; i++) {
            String[] condition = arguments[i].split("=", 2);
            System.out.println("condition: " + condition[0]);
            shell(condition[1]);
            // Each has a port of its own: who comes early is refused, and asks again.
            var address = new InetSocketAddress(arguments[1], FIRST_PORT + i);
            var device = new ThunderboltDevice(new UcFabric(VerbsLibrary.HERE.depth()));
            long start = System.nanoTime();
            try (var exchange = new UcExchange(device, asks, seed + i, bytes)) {
                exchange.run(address);
                System.out.printf(
                        "moved: %s in %.1f s, %.1f MB/s%n",
                        exchange, seconds(start), exchange.moved() / seconds(start) / 1e6);
            } finally {
                System.out.println("frames: " + device.counters());
                shell("tc -s qdisc show dev vec0; ip -s link show vec0 | tail -4");
            }
            device.close();
        }
        System.out.println("all conditions held");
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static void shell(String command) throws IOException, InterruptedException {
        int status = new ProcessBuilder("/bin/bash", "-c", command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException(command + " ended with " + status);
        }
    }
}
