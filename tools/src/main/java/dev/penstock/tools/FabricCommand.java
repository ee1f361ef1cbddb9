package dev.penstock.tools;

import dev.penstock.fabric.CablePlan;
import dev.penstock.fabric.CablePlan.Node;
import dev.penstock.fabric.CablePlan.Shape;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is about the cables between machines. */
@Command(
        name = "fabric",
        mixinStandardHelpOptions = true,
        description = "Plans the cables between machines, and measures those that lead to a store or to other nodes.",
        subcommands = {FabricCommand.Plan.class, LinksCommand.class})
final class FabricCommand implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    /** Which cable goes from which port to which. */
    @Command(
            name = "plan",
            mixinStandardHelpOptions = true,
            description = {
                "Computes which cable goes from which port to which, and which addresses the ends get, as a full mesh",
                "and as a ring, and says what each is good for."
            },
            footer = {
                "",
                "RDMA over Thunderbolt neither routes nor forwards: who talks to whom is who is cabled to whom. Count",
                "only ports that it can use: on a Mac Studio not the one beside the Ethernet socket."
            })
    static final class Plan implements Runnable {
        /** Where nodes listen for each other, unless somebody wants another. */
        private static final int PEERS_PORT = 7001;

        @Parameters(
                arity = "1..*",
                paramLabel = "NODE[:PORTS]",
                description = "The machines, such as studio:5 mini:3; or their number alone, such as 4.")
        private List<String> nodes = List.of();

        @Option(
                names = "--ports",
                paramLabel = "N",
                description = "Ports of a machine that does not say; by default 3.")
        private int ports = 3;

        @Option(names = "--shape", paramLabel = "mesh|ring", description = "Only this one.")
        private @Nullable Shape shape;

        @Override
        public void run() {
            List<Node> named = checked(named());
            PrintStream out = System.out;
            out.println(named.size() + " nodes: "
                    + named.stream()
                            .map(node -> node.name() + " with " + count(node.ports(), "port"))
                            .collect(Collectors.joining(", ")));
            for (Shape one : shape == null ? Shape.values() : new Shape[] {shape}) {
                if (one == Shape.RING && named.size() <= 3 && shape == null) {
                    continue; // the cables of two or three nodes are the same, whatever it is called
                }
                out.println();
                explain(out, one, named);
            }
        }

        private List<Node> named() {
            var named = new ArrayList<Node>();
            if (nodes.size() == 1 && nodes.getFirst().chars().allMatch(Character::isDigit)) {
                int number = number(nodes.getFirst());
                for (int i = 0; i < number && i <= CablePlan.MOST_NODES; i++) {
                    named.add(new Node("node" + (i + 1), ports));
                }
            } else {
                for (String node : nodes) {
                    int colon = node.lastIndexOf(':');
                    named.add(
                            colon < 0
                                    ? new Node(node, ports)
                                    : new Node(node.substring(0, colon), number(node.substring(colon + 1))));
                }
            }
            if (named.size() < CablePlan.FEWEST_NODES || named.size() > CablePlan.MOST_NODES) {
                throw new UserError("a plan is for " + CablePlan.FEWEST_NODES + " to " + CablePlan.MOST_NODES
                        + " machines; more want a switch");
            }
            return named;
        }

        private static List<Node> checked(List<Node> nodes) {
            for (Node node : nodes) {
                if (node.ports() < 1 || node.ports() > CablePlan.MOST_PORTS) {
                    throw new UserError(node.name() + " cannot have " + node.ports() + " ports");
                }
                if (nodes.stream()
                                .filter(other -> other.name().equals(node.name()))
                                .count()
                        > 1) {
                    throw new UserError("two machines are called " + node.name());
                }
            }
            return nodes;
        }

        private static int number(String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new UserError("a number of ports is to follow the colon, not '" + text + "'");
            }
        }

        private static void explain(PrintStream out, Shape shape, List<Node> nodes) {
            int neighbours = CablePlan.neighbours(shape, nodes.size());
            List<Node> few = CablePlan.tooFewPorts(shape, nodes);
            if (!few.isEmpty()) {
                out.println(title(shape) + ": not with these. Each node needs " + count(neighbours, "port") + "; "
                        + few.stream()
                                .map(node -> node.name() + " has " + node.ports())
                                .collect(Collectors.joining(", "))
                        + ".");
                return;
            }
            CablePlan plan = CablePlan.of(shape, nodes);
            out.println((nodes.size() == 2 ? "One link" : title(shape)) + ": "
                    + count(plan.cables().size(), "cable") + ", "
                    + plan.cablesPerLink() + " between "
                    + (shape == Shape.MESH ? "any two nodes." : "any two neighbours."));
            out.println(purpose(shape, nodes.size()));
            out.printf(Locale.ROOT, "  %-6s %-18s %-16s %-18s %s%n", "cable", "from", "address", "to", "address");
            int number = 1;
            for (CablePlan.Cable cable : plan.cables()) {
                out.printf(
                        Locale.ROOT,
                        "  %-6d %-18s %-16s %-18s %s%n",
                        number++,
                        port(cable.from()),
                        address(cable.from()),
                        port(cable.to()),
                        address(cable.to()));
            }
            free(out, plan);
            peers(out, plan);
        }

        /** What each node is told of the others: the addresses of their ends of the cables to it. */
        private static void peers(PrintStream out, CablePlan plan) {
            List<Node> nodes = plan.nodes();
            if (CablePlan.neighbours(plan.shape(), nodes.size()) < nodes.size() - 1) {
                out.println(
                        "Not for the nodes of one model: each sends to every other, and over a ring they reach two of "
                                + (nodes.size() - 1) + ".");
                return;
            }
            out.println("The nodes of a model then find each other by (each listens where its cables end"
                    + (plan.cablesPerLink() > 1 ? "; the first cable of a link is theirs):" : "):"));
            int width =
                    nodes.stream().mapToInt(node -> node.name().length()).max().orElseThrow();
            for (int rank = 0; rank < nodes.size(); rank++) {
                Node node = nodes.get(rank);
                out.println("  " + " ".repeat(width - node.name().length()) + node.name() + "$ ./penstock node --peers "
                        + nodes.stream().map(other -> entry(plan, node, other)).collect(Collectors.joining(","))
                        + " --rank " + rank + " …");
            }
        }

        private static String entry(CablePlan plan, Node of, Node other) {
            return plan.addressTo(of, other).orElse("") + ":" + PEERS_PORT;
        }

        private static String title(Shape shape) {
            return shape == Shape.MESH ? "Full mesh" : "Ring";
        }

        private static String purpose(Shape shape, int nodes) {
            if (shape == Shape.MESH) {
                return "Everybody reaches everybody directly: the sums of a model that is split over all take one"
                        + " exchange.";
            }
            return "Takes fewer ports. A sum over all goes around: " + 2 * (nodes - 1)
                    + " exchanges, each of 1/" + nodes
                    + " of the data. Good for long transfers, slow for a model's short ones.";
        }

        private static String port(CablePlan.End end) {
            return end.node().name() + " port " + end.port();
        }

        private static String address(CablePlan.End end) {
            return end.address() + "/" + CablePlan.PREFIX;
        }

        private static void free(PrintStream out, CablePlan plan) {
            var free = new ArrayList<String>();
            for (int i = 0; i < plan.nodes().size(); i++) {
                if (plan.freePorts().get(i) > 0) {
                    free.add(plan.nodes().get(i).name() + " " + plan.freePorts().get(i));
                }
            }
            if (!free.isEmpty()) {
                out.println("Ports that stay free: " + String.join(", ", free)
                        + ". More cables between some nodes only would not help: all wait for the slowest link.");
            }
        }

        private static String count(int number, String what) {
            return number + " " + what + (number == 1 ? "" : "s");
        }
    }
}
