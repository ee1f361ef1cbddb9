package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;

/**
 * An adapter opened for unreliable connections. Context and protection domain are made once and live as long as the process: Apple's driver has
 * eleven domains in all, and gives none back before a reboot if its owner was killed.
 */
final class UcAdapter {
    private static final int PORT = 1;

    private final MemorySegment context;
    private final MemorySegment pd;

    private UcAdapter(MemorySegment context) throws RdmaException {
        this.context = context;
        this.pd = Verbs.allocatePd(context);
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

    static UcAdapter open(MemorySegment device) throws RdmaException {
        MemorySegment context = Verbs.openDevice(device);
        try {
            return new UcAdapter(context);
        } catch (RdmaException e) {
            Verbs.closeDevice(context);
            throw e;
        }
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
            int mtu = Structs.i32(attributes, Structs.PORT_ATTR_ACTIVE_MTU);
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
