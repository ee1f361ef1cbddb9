package dev.penstock.rdma.iwarp;

import dev.penstock.memory.Regions;
import dev.penstock.rdma.Access;
import dev.penstock.rdma.ConnectionEvents;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.DeviceOptions;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.QueuePair;
import dev.penstock.rdma.QueuePairOptions;
import dev.penstock.rdma.RemoteSpan;
import dev.penstock.rdma.WorkCompletion;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.List;

/**
 * The server of rdma-core's rping, for one client: reads the client's buffer by RDMA, writes it back by RDMA. A program to be run in a
 * guest whose kernel has siw: {@code RpingServer ADDRESS PORT [crc]}.
 */
public final class RpingServer implements ConnectionEvents {
    private static final int SINK = 4096;
    private static final int LARGEST = 1 << 20;
    private static final ValueLayout.OfLong BE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt BE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Device device;
    private final MemoryRegion region;
    private Disconnect over;
    private boolean source = true;
    private int rounds;
    private long bytes;

    private RpingServer(Device device, MemoryRegion region) {
        this.device = device;
        this.region = region;
    }

    public static void main(String[] args) throws Exception {
        var device = new IwarpProvider().open(new DeviceOptions("", args.length > 2));
        var domain = device.protectionDomain();
        var region = domain.register(Regions.map(SINK + LARGEST, Arena.global()), EnumSet.of(Access.LOCAL_WRITE));
        var server = new RpingServer(device, region);
        var queue = device.completionQueue(64);
        device.listen(queue, new InetSocketAddress(args[0], Integer.parseInt(args[1])), request -> {
            System.out.println("request: " + request.offered());
            var pair = device.queuePair(new QueuePairOptions(domain, queue, 16, 16), server);
            pair.postReceive(1, region.span(0, 16));
            request.accept(pair, new ConnectionParameters(8, 8));
        });
        System.out.println("ready");
        var batch = new WorkCompletion[] {new WorkCompletion()};
        while (server.over == null) {
            if (queue.poll(batch) == 0) {
                queue.await(1_000_000_000);
            } else {
                server.completed(batch[0]);
            }
        }
        System.out.println("rounds " + server.rounds + " bytes " + server.bytes + " end " + server.over);
        System.exit(0);
    }

    private void completed(WorkCompletion c) {
        if (!c.succeeded()) {
            return;
        }
        var pair = c.queuePair();
        switch (c.opcode()) {
            case RECEIVE -> {
                var memory = region.memory();
                long address = memory.get(BE64, 0);
                int key = memory.get(BE32, 8);
                int size = memory.get(BE32, 12);
                pair.postReceive(1, region.span(0, 16));
                if (source) {
                    pair.postRead(2, region.span(SINK, size), new RemoteSpan(key, address, size));
                } else {
                    pair.postWrite(3, List.of(region.span(SINK, size)), new RemoteSpan(key, address, size));
                    pair.postSend(4, List.of(region.span(16, 16)));
                    rounds++;
                    bytes += size;
                }
                source = !source;
            }
            case READ -> pair.postSend(4, List.of(region.span(16, 16)));
            default -> {}
        }
    }

    @Override
    public void established(QueuePair pair, ConnectionParameters agreed) {
        System.out.println("established: " + agreed);
    }

    @Override
    public void disconnected(QueuePair pair, Disconnect cause) {
        over = cause;
    }
}
