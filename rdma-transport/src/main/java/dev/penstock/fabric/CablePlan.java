package dev.penstock.fabric;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How to cable machines port to port. Every link of a plan has the same number of cables: collectives are as fast as their slowest link, so that
 * a cable more between two of them alone would help none. A value.
 *
 * @param cablesPerLink cables between two nodes that are joined; they are used together
 * @param cables in the order in which to plug them in
 * @param freePorts ports that the plan leaves, for each node in its order
 */
public record CablePlan(Shape shape, List<Node> nodes, int cablesPerLink, List<Cable> cables, List<Integer> freePorts) {
    /** Fewest nodes of a plan. */
    public static final int FEWEST_NODES = 2;

    /** Most nodes of a plan: more than eight want a switch. */
    public static final int MOST_NODES = 8;

    /** Most ports of a node; a Mac Studio has six. */
    public static final int MOST_PORTS = 16;

    /** Who is joined to whom. */
    public enum Shape {
        /** Everybody to everybody. */
        MESH,
        /** Everybody to a next and a previous one. */
        RING
    }

    /**
     * A machine.
     *
     * @param ports that RDMA may use
     */
    public record Node(String name, int ports) {}

    /**
     * One end of a cable.
     *
     * @param port counted from 1
     * @param address that this end's network interface is to have; the other end's is the only other one in its network
     */
    public record End(Node node, int port, String address) {}

    /** A cable. */
    public record Cable(End from, End to) {}

    /** Copies the lists. */
    public CablePlan {
        nodes = List.copyOf(nodes);
        cables = List.copyOf(cables);
        freePorts = List.copyOf(freePorts);
    }

    /** Bits of the network that the two ends of a cable are in. */
    public static final int PREFIX = 30;

    /** Whether some node has too few ports for a shape, and which; empty where a plan can be made. */
    public static List<Node> tooFewPorts(Shape shape, List<Node> nodes) {
        int needed = neighbours(shape, nodes.size());
        return nodes.stream().filter(node -> node.ports < needed).toList();
    }

    /** Nodes that each one is joined to. */
    public static int neighbours(Shape shape, int nodes) {
        return shape == Shape.MESH ? nodes - 1 : Math.min(2, nodes - 1);
    }

    /**
     * Plans the cables.
     *
     * @throws IllegalArgumentException where the nodes are too few, too many or not named apart, or have too few ports ({@link #tooFewPorts})
     */
    public static CablePlan of(Shape shape, List<Node> nodes) {
        check(shape, nodes);
        int neighbours = neighbours(shape, nodes.size());
        int cablesPerLink = nodes.stream().mapToInt(Node::ports).min().orElseThrow() / neighbours;
        var used = new int[nodes.size()];
        var cables = new ArrayList<Cable>();
        for (int[] link : links(shape, nodes.size())) {
            for (int i = 0; i < cablesPerLink; i++) {
                int number = cables.size() + 1;
                cables.add(new Cable(
                        end(nodes.get(link[0]), ++used[link[0]], number, 1),
                        end(nodes.get(link[1]), ++used[link[1]], number, 2)));
            }
        }
        var free = new ArrayList<Integer>();
        for (int i = 0; i < used.length; i++) {
            free.add(nodes.get(i).ports - used[i]);
        }
        return new CablePlan(shape, nodes, cablesPerLink, cables, free);
    }

    /** The address at which one node reaches another: that of the other's end of the first cable between them; empty where there is none. */
    public Optional<String> addressTo(Node from, Node to) {
        for (Cable cable : cables) {
            if (cable.from.node.equals(from) && cable.to.node.equals(to)) {
                return Optional.of(cable.to.address);
            }
            if (cable.to.node.equals(from) && cable.from.node.equals(to)) {
                return Optional.of(cable.from.address);
            }
        }
        return Optional.empty();
    }

    private static void check(Shape shape, List<Node> nodes) {
        if (nodes.size() < FEWEST_NODES || nodes.size() > MOST_NODES) {
            throw new IllegalArgumentException("a plan is for " + FEWEST_NODES + " to " + MOST_NODES + " nodes");
        }
        if (nodes.stream().map(Node::name).distinct().count() < nodes.size()) {
            throw new IllegalArgumentException("two nodes have the same name");
        }
        for (Node node : nodes) {
            if (node.ports < 1 || node.ports > MOST_PORTS) {
                throw new IllegalArgumentException(node.name + " cannot have " + node.ports + " ports");
            }
        }
        if (!tooFewPorts(shape, nodes).isEmpty()) {
            throw new IllegalArgumentException("too few ports");
        }
    }

    private static List<int[]> links(Shape shape, int nodes) {
        var links = new ArrayList<int[]>();
        for (int from = 0; from < nodes; from++) {
            for (int to = from + 1; to < nodes; to++) {
                boolean adjacent = to == from + 1 || (from == 0 && to == nodes - 1);
                if (shape == Shape.MESH || adjacent) {
                    links.add(new int[] {from, to});
                }
            }
        }
        return links;
    }

    /** Each cable is a network of its own: two in one network would leave it to chance which of them is taken. */
    private static End end(Node node, int port, int cable, int side) {
        return new End(node, port, "10.77." + cable + "." + side);
    }
}
