package dev.penstock.tools;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * This machine's end of a link.
 *
 * @param name of the network interface; empty where none has the address
 * @param mtu of that interface; 0 where it is not known
 */
record LocalEnd(String name, String address, int mtu) {
    /** The end that has an address of this machine. */
    static LocalEnd of(InetAddress local) throws IOException {
        NetworkInterface one = NetworkInterface.getByInetAddress(local);
        return new LocalEnd(one == null ? "" : one.getName(), local.getHostAddress(), one == null ? 0 : one.getMTU());
    }

    /** Adds what other programs want to know of it; of none, the same with nothing in it. */
    static void put(@Nullable LocalEnd end, Map<String, Object> fields) {
        fields.put("interface", end == null ? "" : end.name);
        fields.put("from", end == null ? "" : end.address);
        fields.put("mtu", end == null ? 0 : end.mtu);
    }

    @Override
    public String toString() {
        return (name + " " + address).strip();
    }
}
