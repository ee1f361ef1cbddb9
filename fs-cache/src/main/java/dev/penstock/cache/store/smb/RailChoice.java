package dev.penstock.cache.store.smb;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Which of the addresses that a server names are used beside the one that it was named by, as [MS-SMB2] 3.2.4.20.10 leaves to the client. What a
 * server says decides nothing alone: no address is taken that is not in a network which this machine itself is on.
 *
 * @param firstIsReserve whether the first way is so much slower than others that it is used only where no other is there
 * @param others further ways, the fastest first
 */
record RailChoice(boolean firstIsReserve, List<Way> others) {
    /**
     * A further way.
     *
     * @param reserve whether it is used only where no faster one is there
     */
    record Way(InetAddress address, boolean reserve) {}

    /** One request on a link so much slower would end after this many on the fast one: who waits for all waits for it. */
    private static final int TOO_SLOW = 4;

    /**
     * Chooses.
     *
     * @param offered what the server said
     * @param own networks that this machine is on
     * @param first the address that the server was reached by
     * @param rdma whether the first way is SMB Direct: then all are
     * @param most ways beside the first
     */
    static RailChoice of(
            List<ServerInterface> offered, List<OwnNetwork> own, InetAddress first, boolean rdma, int most) {
        var cables = new HashSet<Integer>();
        long firstSpeed = 0;
        for (ServerInterface one : offered) {
            if (one.address().equals(first)) {
                cables.add(one.index());
                firstSpeed = one.bitsPerSecond();
            }
        }
        boolean sameMachine = isOwn(own, first);
        var fastest = Comparator.comparingLong(ServerInterface::bitsPerSecond).reversed();
        // Of two addresses on one cable the one of the kind that is used already.
        var sameKind =
                Comparator.comparing((ServerInterface one) -> one.address().getClass() != first.getClass());
        var chosen = new ArrayList<ServerInterface>();
        for (ServerInterface one :
                offered.stream().sorted(fastest.thenComparing(sameKind)).toList()) {
            boolean fits = !rdma || one.rdma();
            boolean leadsThere = one.address().isLoopbackAddress() == first.isLoopbackAddress()
                    && isOwn(own, one.address()) == sameMachine
                    && own.stream().anyMatch(network -> network.has(one.address()));
            if (fits && leadsThere && chosen.size() < most && cables.add(one.index())) {
                chosen.add(one);
            }
        }
        long top = chosen.isEmpty() ? 0 : Math.max(firstSpeed, chosen.getFirst().bitsPerSecond());
        return new RailChoice(
                isSlow(firstSpeed, top),
                chosen.stream()
                        .map(one -> new Way(one.address(), isSlow(one.bitsPerSecond(), top)))
                        .toList());
    }

    /** A speed that the server does not know is taken for a good one. */
    private static boolean isSlow(long speed, long top) {
        return speed > 0 && speed < top / TOO_SLOW;
    }

    private static boolean isOwn(List<OwnNetwork> own, InetAddress address) {
        return own.stream().anyMatch(network -> network.address().equals(address));
    }
}
