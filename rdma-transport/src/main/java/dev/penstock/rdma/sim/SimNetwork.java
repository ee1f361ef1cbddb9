package dev.penstock.rdma.sim;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.rdmap.Machine;
import dev.penstock.rdma.thunderbolt.FrameFabric;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A network in memory. Thread-safe with the real clock; with a virtual clock of one thread, or of a {@link SimCrew}. */
public final class SimNetwork {
    private static final int FIRST_FREE_PORT = 49_152;

    /** What a socket waits before it repeats what was lost, as Linux does at least. */
    private static final long REPETITION_NANOS = 200_000_000;

    /** Something that waits for a time. */
    interface Timed {
        /** When the next is due, of {@link #nanoTime}; the end of time where there is none. Stays in the past until it is taken. */
        long nextEvent();
    }

    /** Something done over and over. */
    private static final class Turn {
        final SimHost host;
        final long period;
        final Runnable task;
        long due;

        Turn(SimHost host, long due, long period, Runnable task) {
            this.host = host;
            this.due = due;
            this.period = period;
            this.task = task;
        }
    }

    private final FaultPlan faults;
    private final boolean virtualTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Random random;
    private final Map<Integer, SimListener> listeners = new HashMap<>();
    private final List<Timed> timed = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();
    private final Map<Integer, SimServerSocket> servers = new HashMap<>();
    private final Map<Integer, SimWire> wires = new HashMap<>();
    private final Set<SimLink> links = new LinkedHashSet<>();
    private final Map<Device, SimHost> hosts = new HashMap<>();
    private boolean anyVanished;
    private boolean anyStands;
    private long lost;
    private long overruns;
    private boolean cut;
    private int wireNumber;
    private @Nullable SimCrew crew;
    private int nextPort = FIRST_FREE_PORT;
    private long sequence;
    private volatile long now;

    private SimNetwork(long seed, FaultPlan faults, boolean virtualTime) {
        this.random = new Random(seed);
        this.faults = faults;
        this.virtualTime = virtualTime;
    }

    /** With a clock that jumps to the next event whenever nothing is due: one thread drives all. */
    public static SimNetwork virtual(long seed, FaultPlan faults) {
        return new SimNetwork(seed, faults, true);
    }

    /** With the machine's clock, for ends that have threads of their own. */
    public static SimNetwork realTime(long seed, FaultPlan faults) {
        return new SimNetwork(seed, faults, false);
    }

    /** An adapter on this network, and with it a machine. */
    public Device device() {
        var host = new SimHost();
        return placed(new SimDevice(this, host), host);
    }

    private <T extends Device> T placed(T device, SimHost host) {
        lock.lock();
        try {
            hosts.put(device, host);
        } finally {
            lock.unlock();
        }
        return device;
    }

    /**
     * Reliable connections over frames that get lost: the carrier as it is on the hardware, over this network's frames and sockets. Virtual time
     * only.
     *
     * @param depth receives of each port, in frames
     */
    public ThunderboltDevice thunderbolt(int depth) {
        var host = new SimHost();
        return placed(new ThunderboltDevice(frames(depth, host), new SimMachine(this, host)), host);
    }

    /** The frames alone, at a machine of their own. Virtual time only. */
    FrameFabric frames(int depth) {
        return frames(depth, new SimHost());
    }

    private FrameFabric frames(int depth, SimHost host) {
        if (!virtualTime) {
            throw new IllegalStateException("frames are of one thread");
        }
        return new SimFabric(this, host, depth);
    }

    /**
     * From now on nothing passes. Adapters with reliable connections notice, as they do of a cable that comes out; unreliable connections and sockets
     * do not. Virtual time only.
     */
    public void cut() {
        cut = true;
        List.copyOf(links).forEach(SimLink::cut);
    }

    /** What is sent from now on passes again. */
    public void mend() {
        cut = false;
    }

    /**
     * The machine of a device is gone, as when its power is: what it has sent arrives, and nobody is told. It may be given back what it has, as
     * the system of a process that ends does. Virtual time only.
     */
    public void vanish(Device device) {
        vanish(host(device));
    }

    /** The owner of a device's queues does not look at them for a while; its machine goes on. Virtual time only. */
    public void hang(Device device, Duration time) {
        host(device).standUntil(now + time.toNanos());
    }

    /** Whether the owner of a device's queues gets to run. */
    public boolean runs(Device device) {
        return host(device).runs(nanoTime());
    }

    private SimHost host(Device device) {
        lock.lock();
        try {
            return java.util.Objects.requireNonNull(hosts.get(device), "a device of another network");
        } finally {
            lock.unlock();
        }
    }

    private void vanish(SimHost host) {
        if (!virtualTime) {
            throw new IllegalStateException("machines vanish in virtual time");
        }
        host.vanish();
        anyVanished = true;
        turns.removeIf(turn -> turn.host.equals(host));
        List.copyOf(links).forEach(link -> link.vanished(host));
    }

    /** A machine sends a segment or a frame; whether it comes to that. */
    boolean sends(SimHost host) {
        long count = host.countSent();
        if (virtualTime) {
            var plan = faults.machines();
            if (count == plan.hangAfterSegments() && !anyStands) {
                anyStands = true;
                host.standUntil(now + plan.hang().toNanos());
            }
            if (count == plan.deathAfterSegments() && !anyVanished) {
                vanish(host);
            }
        }
        return !host.gone();
    }

    /** Whether anything gets from one machine to another. */
    boolean passes(SimHost from, SimHost to) {
        return !cut && !from.gone() && !to.gone();
    }

    /** Threads that share this network's virtual time. */
    public SimCrew crew() {
        return new SimCrew(this);
    }

    void crew(@Nullable SimCrew members) {
        crew = members;
    }

    /** Whoever runs waits: where there are others, they go on first. */
    void rest() {
        if (crew != null) {
            crew.rest();
        }
    }

    /** Frames that were lost or damaged. */
    public long lost() {
        return lost;
    }

    /** Frames that found no receive posted: on the hardware they damage memory. */
    public long overruns() {
        return overruns;
    }

    /** Ports of frames that have not been given back. */
    public int openPorts() {
        return wires.size();
    }

    boolean isCut() {
        return cut;
    }

    void countLost() {
        lost++;
    }

    void countOverrun() {
        overruns++;
    }

    /** The network's time in nanoseconds. */
    public long nanoTime() {
        return virtualTime ? now : System.nanoTime();
    }

    boolean virtualTime() {
        return virtualTime;
    }

    FaultPlan faults() {
        return faults;
    }

    boolean chance(double share) {
        if (share == 0) {
            return false;
        }
        lock.lock();
        try {
            return random.nextDouble() < share;
        } finally {
            lock.unlock();
        }
    }

    /** How long the next segment takes. */
    long travelNanos() {
        lock.lock();
        try {
            long jitter = faults.jitter().toNanos();
            return faults.latency().toNanos() + (jitter == 0 ? 0 : random.nextLong(jitter + 1));
        } finally {
            lock.unlock();
        }
    }

    /** Events of the same time happen in the order of these. */
    long nextSequence() {
        lock.lock();
        try {
            return sequence++;
        } finally {
            lock.unlock();
        }
    }

    void add(Timed source) {
        lock.lock();
        try {
            timed.add(source);
        } finally {
            lock.unlock();
        }
    }

    void remove(Timed source) {
        lock.lock();
        try {
            timed.remove(source);
        } finally {
            lock.unlock();
        }
    }

    InetSocketAddress bind(InetSocketAddress wanted, SimListener listener) throws IOException {
        lock.lock();
        try {
            int port = wanted.getPort() == 0 ? nextPort++ : wanted.getPort();
            if (listeners.putIfAbsent(port, listener) != null) {
                throw new BindException("port " + port + " is in use");
            }
            return new InetSocketAddress(wanted.getAddress(), port);
        } finally {
            lock.unlock();
        }
    }

    void unbind(int port) {
        lock.lock();
        try {
            listeners.remove(port);
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    SimListener listener(int port) {
        lock.lock();
        try {
            return listeners.get(port);
        } finally {
            lock.unlock();
        }
    }

    /** Lets the virtual clock go on to the next event of anyone, but not beyond a limit. What is due holds it until its owner has taken it. */
    void advance(long limit) {
        if (!virtualTime) {
            return;
        }
        long next = limit;
        lock.lock();
        try {
            for (Timed source : timed) {
                next = Math.min(next, source.nextEvent());
            }
        } finally {
            lock.unlock();
        }
        pass(next);
    }

    /** Lets virtual time go on, whatever is due before: its owners come late. */
    void pass(long until) {
        for (Turn turn = due(until); turn != null; turn = due(until)) {
            now = Math.max(now, turn.due);
            turn.due += turn.period;
            turn.task.run();
        }
        now = Math.max(now, until);
    }

    private @Nullable Turn due(long until) {
        Turn first = null;
        for (Turn turn : turns) {
            if (turn.due <= until && (first == null || turn.due < first.due)) {
                first = turn;
            }
        }
        return first;
    }

    /** Has something done over and over by whoever lets virtual time go on. */
    Machine.Repeated repeat(SimHost host, long period, Runnable task) {
        var turn = new Turn(host, now + period, period, task);
        turns.add(turn);
        return () -> turns.remove(turn);
    }

    // ---------------------------------------------------------------- what carriers on sockets see: one thread

    int number(int below) {
        return random.nextInt(below);
    }

    /** What bytes of a socket take: a repetition more where they were lost. */
    long socketNanos() {
        return travelNanos() + (chance(faults.loss()) ? REPETITION_NANOS : 0);
    }

    InetSocketAddress bind(InetSocketAddress wanted, SimServerSocket server) throws IOException {
        int port = wanted.getPort() == 0 ? nextPort++ : wanted.getPort();
        if (servers.putIfAbsent(port, server) != null) {
            throw new BindException("port " + port + " is in use");
        }
        return new InetSocketAddress(wanted.getAddress(), port);
    }

    void unbind(SimServerSocket server) {
        servers.values().remove(server);
    }

    @Nullable
    SimServerSocket server(int port) {
        return servers.get(port);
    }

    /** A port for the asking side of a socket. */
    int ephemeral() {
        return nextPort++;
    }

    int add(SimWire wire) {
        wires.put(++wireNumber, wire);
        add(wire.port());
        return wireNumber;
    }

    void remove(int number) {
        var wire = wires.remove(number);
        if (wire != null) {
            remove(wire.port());
        }
    }

    @Nullable
    SimWire wire(int number) {
        return wires.get(number);
    }

    void add(SimLink link) {
        if (virtualTime) {
            links.add(link);
        }
    }

    void remove(SimLink link) {
        if (virtualTime) {
            links.remove(link);
        }
    }
}
