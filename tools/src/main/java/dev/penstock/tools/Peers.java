package dev.penstock.tools;

import dev.penstock.rdma.Device;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What says on the command line which nodes make up a group, and which of them this one is. */
final class Peers {
    /** What a message about the entries begins with. */
    private static final String NAME = "--peers";

    @Option(
            names = NAME,
            paramLabel = "ADDR:PORT",
            split = ",",
            description = {
                "All nodes in the order of their ranks, this one among them, separated by commas. Where a cable leads to"
                        + " each, write every node by the address that its end of the cable to here has, and this one as"
                        + " :PORT: it listens where those cables end. The lists of the nodes differ then."
            })
    private List<String> entries = List.of();

    @Option(
            names = "--rank",
            paramLabel = "N",
            defaultValue = "0",
            description = "This node's place in --peers, from 0.")
    private int rank;

    @Option(
            names = "--rdma-provider",
            paramLabel = "auto|iwarp|verbs|thunderbolt",
            description = "What the nodes speak to each other by, the same on all; by default the adapter that has this"
                    + " node's address in --peers, or for :PORT those that lead to the others, if there are, else iWARP in"
                    + " user space.")
    private String provider = RdmaDevices.AUTO;

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "Its contents prove that a peer belongs to this group.")
    private @Nullable Path secretFile;

    /**
     * A group as this node sees it.
     *
     * @param addresses of all ranks; this one's own may be the wildcard
     * @param listening where this one listens, with the same port each
     * @param ways by what it reaches the others
     * @param problems why it does not reach some, by rank
     */
    record Group(
            int rank,
            List<InetSocketAddress> addresses,
            List<InetSocketAddress> listening,
            List<RdmaDevices.Way> ways,
            Map<Integer, String> problems) {
        int size() {
            return addresses.size();
        }

        /** Opens what leads to the others. The caller closes it. */
        Device open() throws IOException {
            return RdmaDevices.open(ways);
        }
    }

    /** How another is reached: from which address of this machine, and by what. */
    private record Reached(InetAddress local, RdmaDevices.Way way) {
        String provider() {
            return way.provider();
        }
    }

    /** Whether there are others. */
    boolean some() {
        return entries.size() > 1;
    }

    /** Whether anything was said of a group. */
    boolean named() {
        return !entries.isEmpty();
    }

    int rank() {
        return rank;
    }

    /** Number of nodes, this one among them. */
    int size() {
        return Math.max(1, entries.size());
    }

    /** What proves that a peer belongs to the group; empty where anybody does. */
    byte[] secret() throws IOException {
        return secretFile == null ? new byte[0] : Files.readAllBytes(secretFile);
    }

    /** Checks {@code --rank} alone, before anything takes time. */
    void checkRank() {
        if (rank < 0 || rank >= size()) {
            throw new UserError("--rank is from 0 to " + (size() - 1) + ": there are " + size() + " in " + NAME);
        }
    }

    /**
     * Looks what leads to the others.
     *
     * @throws IOException where there is no way to one of them
     */
    Group group() throws IOException {
        return group(false);
    }

    /** The same where it is enough to reach some of them. */
    Group groupOfSome() throws IOException {
        return group(true);
    }

    private Group group(boolean some) throws IOException {
        checkRank();
        var addresses = new ArrayList<InetSocketAddress>();
        for (int i = 0; i < entries.size(); i++) {
            addresses.add(entry(i));
        }
        if (new HashSet<>(addresses).size() < addresses.size()) {
            throw new UserError("two of " + NAME + " are the same");
        }
        InetSocketAddress own = addresses.get(rank);
        if (!own.getAddress().isAnyLocalAddress()) {
            checkOwn(own, addresses);
            var way = RdmaDevices.choose(own.getAddress(), provider);
            return new Group(rank, addresses, List.of(own), List.of(way), Map.of());
        }
        var ways = new TreeMap<Integer, Reached>();
        var problems = new TreeMap<Integer, String>();
        for (int i = 0; i < addresses.size(); i++) {
            if (i != rank) {
                look(i, addresses.get(i), ways, problems);
            }
        }
        keepOneKind(ways, problems);
        if (!problems.isEmpty() && (!some || ways.isEmpty())) {
            throw new IOException(problems.firstEntry().getValue());
        }
        List<InetSocketAddress> listening = entries.get(rank).startsWith(":")
                ? ways.values().stream()
                        .map(from -> new InetSocketAddress(from.local, own.getPort()))
                        .distinct()
                        .toList()
                : List.of(own);
        for (InetSocketAddress other : addresses) {
            if (listening.contains(other)) {
                throw new UserError(
                        Addresses.show(other) + " in " + NAME + " is this node itself, which is rank " + rank);
            }
        }
        return new Group(
                rank,
                addresses,
                listening,
                ways.values().stream().map(Reached::way).distinct().toList(),
                problems);
    }

    private InetSocketAddress entry(int of) {
        String text = entries.get(of);
        InetSocketAddress address = Addresses.parse(NAME, of == rank && text.startsWith(":") ? "0.0.0.0" + text : text);
        if (address.getPort() == 0) {
            throw new UserError(NAME + " wants a port from 1, which the others know, not " + text);
        }
        if (of != rank && address.getAddress().isAnyLocalAddress()) {
            throw new UserError(NAME + ": " + text + " is rank " + of
                    + ", and only this node's own entry may be without an address; it is rank " + rank);
        }
        return address;
    }

    private void checkOwn(InetSocketAddress own, List<InetSocketAddress> addresses) throws IOException {
        String shown = Addresses.show(own) + " in " + NAME + ", which is rank " + rank + " and so this node,";
        if (!own.getAddress().isLoopbackAddress() && NetworkInterface.getByInetAddress(own.getAddress()) == null) {
            throw new UserError(shown + " is no address of this machine");
        }
        boolean loopbackOnly =
                addresses.stream().allMatch(other -> other.getAddress().isLoopbackAddress());
        if (own.getAddress().isLoopbackAddress() && !loopbackOnly) {
            throw new UserError(shown + " is an address that no other machine reaches; :" + own.getPort()
                    + " stands for those they do");
        }
    }

    private void look(int to, InetSocketAddress address, Map<Integer, Reached> ways, Map<Integer, String> problems) {
        String who = "rank " + to + " at " + Addresses.show(address);
        InetAddress source;
        try {
            source = RdmaDevices.sourceAddressTo(address.getAddress());
        } catch (IOException e) {
            problems.put(to, "no route leads to " + who + ": " + Main.describe(e));
            return;
        }
        try {
            ways.put(to, new Reached(source, RdmaDevices.choose(source, provider)));
        } catch (IOException e) {
            problems.put(to, who + ", reached from " + source.getHostAddress() + ": " + Main.describe(e));
        }
    }

    /**
     * The nodes of a group speak the same with all, since the sums of one wait for what comes by the other. A peer that is reached by
     * another kind than an adapter's is most likely one whose cable is out.
     */
    private static void keepOneKind(Map<Integer, Reached> ways, Map<Integer, String> problems) {
        var kinds = ways.values().stream().map(Reached::provider).distinct().toList();
        if (kinds.size() < 2) {
            return;
        }
        String kept =
                kinds.stream().filter(kind -> !kind.equals("iwarp")).findFirst().orElseThrow();
        for (var entry : List.copyOf(ways.entrySet())) {
            var way = entry.getValue();
            if (!way.provider().equals(kept)) {
                problems.put(
                        entry.getKey(),
                        "rank " + entry.getKey() + " is reached from "
                                + way.local().getHostAddress() + " by " + way.provider()
                                + " alone, and others by " + kept
                                + ": all nodes speak one kind of RDMA; --rdma-provider"
                                + " iwarp speaks to all over TCP");
                ways.remove(entry.getKey());
            }
        }
    }

    /** Says what an open group is worth, and who may not find this node where it listens. */
    void warn(Group group) {
        var reachable = group.listening.stream()
                .filter(at -> !at.getAddress().isLoopbackAddress())
                .map(Addresses::show)
                .toList();
        if (secretFile == null && !reachable.isEmpty()) {
            System.err.println("penstock: without --secret-file anybody who reaches " + String.join(", ", reachable)
                    + " can take a rank, and none of what the nodes tell each other is encrypted");
        }
        var own = group.listening.getFirst();
        for (int i = group.rank + 1; i < group.size() && !own.getAddress().isAnyLocalAddress(); i++) {
            if (!group.problems.containsKey(i)) {
                warn(group, own, group.addresses.get(i).getAddress());
            }
        }
    }

    /** Ranks behind this one come to it. */
    private static void warn(Group group, InetSocketAddress own, InetAddress there) {
        try {
            var source = RdmaDevices.sourceAddressTo(there);
            if (group.listening.stream().noneMatch(at -> at.getAddress().equals(source))) {
                System.err.println("penstock: " + there.getHostAddress() + " is reached from " + source.getHostAddress()
                        + ", and this node listens at " + own.getAddress().getHostAddress() + " alone; written as :"
                        + own.getPort() + ", it listens where the cables to the others end");
            }
        } catch (IOException e) {
            System.err.println("penstock: no route leads to " + there.getHostAddress() + ": " + Main.describe(e));
        }
    }
}
