package dev.penstock.cache.store.smb;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * An address of this machine, and the network behind it.
 *
 * @param bits of the address that name the network
 */
record OwnNetwork(InetAddress address, int bits) {
    /** Those of all interfaces that are up. */
    static List<OwnNetwork> all() throws SocketException {
        var all = new ArrayList<OwnNetwork>();
        for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            if (one.isUp()) {
                one.getInterfaceAddresses()
                        .forEach(a -> all.add(new OwnNetwork(a.getAddress(), a.getNetworkPrefixLength())));
            }
        }
        return List.copyOf(all);
    }

    /** Whether an address is in this network. */
    boolean has(InetAddress other) {
        byte[] own = address.getAddress();
        byte[] theirs = other.getAddress();
        if (own.length != theirs.length || bits <= 0 || bits > 8 * own.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            if (((own[bit / 8] ^ theirs[bit / 8]) & 0x80 >> bit % 8) != 0) {
                return false;
            }
        }
        return true;
    }
}
