package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * An adapter opened for unreliable connections. Context and protection domain are made once and live as long as the process: Apple's driver has
 * eleven domains in all, and gives none back before a reboot if its owner was killed.
 */
final class UcAdapter {
    private static final int PORT = 1;

    private final String name;
    private final MemorySegment context;
    private final MemorySegment pd;
    private final Semaphore pairs = new Semaphore(VerbsLibrary.HERE.mostPairs());
    private final PinnedMemory memory;
    private final boolean software;

    private UcAdapter(String name, MemorySegment context, RegisteredMemory registered) throws RdmaException {
        this.name = name;
        this.context = context;
        this.software = DeviceInspection.isSoftware(name);
        this.pd = Verbs.allocatePd(context);
        this.memory = new PinnedMemory(pd, registered, VerbsLibrary.HERE.mostPinned());
    }

    /** A port's place on the network. */
    record Place(UcAdapter adapter, int gidIndex, int mtu) {
        int port() {
            return PORT;
        }

        byte[] gid() throws RdmaException {
            return UcVerbs.queryGid(adapter.context, PORT, gidIndex);
        }
    }

    static UcAdapter open(MemorySegment device, String name, RegisteredMemory registered) throws RdmaException {
        MemorySegment context = Verbs.openDevice(device);
        try {
            return new UcAdapter(name, context, registered);
        } catch (RdmaException e) {
            Verbs.closeDevice(context);
            throw e;
        }
    }

    String name() {
        return name;
    }

    /** Whether it is the kernel's, and there is no such device. */
    boolean isSoftware() {
        return software;
    }

    /** One queue pair more. */
    void takePair() throws RdmaException {
        if (!pairs.tryAcquire()) {
            throw new RdmaException(
                    RdmaStatus.RESOURCES,
                    name + " has no queue pair left: its " + VerbsLibrary.HERE.mostPairs() + " are in use");
        }
    }

    /** The same for one that can be done without: not of the second half. */
    boolean takeSparePair() {
        if (!pairs.tryAcquire()) {
            return false;
        }
        if (pairs.availablePermits() < VerbsLibrary.HERE.mostPairs() / 2) {
            pairs.release();
            return false;
        }
        return true;
    }

    /** One queue pair less. */
    void givePairBack() {
        pairs.release();
    }

    /** What it has pinned for long messages. */
    PinnedMemory memory() {
        return memory;
    }

    MemorySegment context() {
        return context;
    }

    MemorySegment pd() {
        return pd;
    }

    /** Where this adapter has an address, if it has: the entry of its table of GIDs that is that address. */
    Optional<Place> placeOf(InetAddress address) throws RdmaException {
        byte[] wanted = gid(address);
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(Structs.PORT_ATTR, 8);
            Verbs.queryPort(context, PORT, attributes);
            int entries = Structs.i32(attributes, Structs.PORT_ATTR_GID_TBL_LEN);
            int mtu = Math.min(VerbsLibrary.HERE.longestMtu(), Structs.i32(attributes, Structs.PORT_ATTR_ACTIVE_MTU));
            for (int i = 0; i < entries; i++) {
                if (Arrays.equals(UcVerbs.queryGid(context, PORT, i), wanted)) {
                    return Optional.of(new Place(this, i, mtu));
                }
            }
        }
        return Optional.empty();
    }

    /** IPv6 as it is, IPv4 as ::ffff:a.b.c.d. */
    private static byte[] gid(InetAddress address) {
        if (!(address instanceof Inet4Address)) {
            return address.getAddress();
        }
        var gid = new byte[UcVerbs.GID_BYTES];
        gid[10] = (byte) 0xFF;
        gid[11] = (byte) 0xFF;
        System.arraycopy(address.getAddress(), 0, gid, 12, 4);
        return gid;
    }
}
