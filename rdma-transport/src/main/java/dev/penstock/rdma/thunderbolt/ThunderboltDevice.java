package dev.penstock.rdma.thunderbolt;

import dev.penstock.rdma.CompletionQueue;
import dev.penstock.rdma.ConnectionParameters;
import dev.penstock.rdma.Listener;
import dev.penstock.rdma.rdmap.Machine;
import dev.penstock.rdma.rdmap.SocketDevice;
import dev.penstock.rdma.rdmap.SocketListener;
import dev.penstock.rdma.rdmap.SoftQueuePair;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Random;

/** RDMA over the ports of a fabric. Thread-safe. */
public final class ThunderboltDevice extends SocketDevice<ThunderboltQueue> {
    private final FrameFabric fabric;
    private final Random numbers = new SecureRandom();
    private final Heartbeat heartbeat;
    private final DeviceCounters counting = new DeviceCounters();

    /** Takes the fabric over: closing the device closes it. */
    public ThunderboltDevice(FrameFabric fabric) {
        this(fabric, Machine.REAL);
    }

    /** The same on a machine that may be a simulated one. */
    public ThunderboltDevice(FrameFabric fabric, Machine machine) {
        super(ThunderboltQueue.class, depth -> new ThunderboltQueue(depth, machine));
        this.fabric = fabric;
        this.heartbeat = new Heartbeat(machine);
    }

    FrameFabric fabric() {
        return fabric;
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    DeviceCounters counting() {
        return counting;
    }

    /** What has become of the frames of all connections so far. */
    public FrameCounters counters() {
        return counting.view();
    }

    /** A number for a new connection. */
    int newConnection() {
        return numbers.nextInt();
    }

    @Override
    protected void registered(MemorySegment memory) {
        fabric.registered(memory);
    }

    @Override
    protected void unregistered(MemorySegment memory) {
        fabric.unregistered(memory);
    }

    @Override
    public boolean detectsSilence() {
        return true;
    }

    @Override
    public String name() {
        return "thunderbolt " + fabric.name();
    }

    @Override
    public Listener listen(CompletionQueue queue, InetSocketAddress local, Listener.Handler handler)
            throws IOException {
        var owned = own(queue);
        return new SocketListener(
                owned, local, handler, (from, channel) -> new AskedConnection(this, owned, from, channel).start());
    }

    @Override
    protected void connect(
            SoftQueuePair pair, InetSocketAddress remote, ConnectionParameters parameters, Duration timeout) {
        new AskingConnection(this, own(pair.queue()), pair, parameters).connect(remote, timeout);
    }

    @Override
    public void close() {
        super.close();
        heartbeat.close();
        fabric.close();
    }
}
