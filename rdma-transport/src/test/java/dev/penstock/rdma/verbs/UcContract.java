package dev.penstock.rdma.verbs;

import dev.penstock.rdma.AbstractRdmaContract;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.thunderbolt.FrameCounters;
import dev.penstock.rdma.thunderbolt.ThunderboltDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract over unreliable connections of the adapter that has the address in {@code verbs.address}. Run by {@link VerbsGuestIT} in a guest. */
class UcContract extends AbstractRdmaContract {
    @Override
    protected InetAddress address() {
        try {
            return InetAddress.getByName(System.getProperty("verbs.address"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Device open() {
        return new ThunderboltDevice(new UcFabric(Integer.getInteger("verbs.depth", 60), true));
    }

    private static final List<FrameCounters> COUNTED = new ArrayList<>();

    @BeforeAll
    static void forget() {
        COUNTED.clear();
    }

    @AfterEach
    void count() {
        COUNTED.add(((ThunderboltDevice) device).counters());
    }

    /** For {@link VerbsGuestIT}, which knows what the network did. */
    @AfterAll
    static void tell() {
        System.out.println("frames: " + sum(FrameCounters::sent) + " sent, " + sum(FrameCounters::repaired)
                + " repaired, " + sum(FrameCounters::damaged) + " damaged, " + sum(FrameCounters::early) + " early, "
                + sum(FrameCounters::useless) + " useless, " + sum(FrameCounters::probes) + " probes, "
                + sum(FrameCounters::placed) + " placed, " + sum(FrameCounters::fellBack) + " fell back");
    }

    private static long sum(ToLongFunction<FrameCounters> of) {
        return COUNTED.stream().mapToLong(of).sum();
    }
}
