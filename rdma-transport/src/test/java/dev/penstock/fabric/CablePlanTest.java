package dev.penstock.fabric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.penstock.fabric.CablePlan.Cable;
import dev.penstock.fabric.CablePlan.End;
import dev.penstock.fabric.CablePlan.Node;
import dev.penstock.fabric.CablePlan.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CablePlanTest {
    static Stream<Arguments> clusters() {
        var all = new ArrayList<Arguments>();
        for (Shape shape : Shape.values()) {
            for (int nodes = 2; nodes <= 8; nodes++) {
                for (int ports = 3; ports <= 6; ports++) {
                    all.add(Arguments.of(shape, nodes, ports));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("clusters")
    void everyPlanCanBePluggedInAsItStands(Shape shape, int count, int ports) {
        List<Node> nodes = nodes(count, ports);
        int neighbours = CablePlan.neighbours(shape, count);
        if (ports < neighbours) {
            assertThat(CablePlan.tooFewPorts(shape, nodes)).isEqualTo(nodes);
            assertThatIllegalArgumentException().isThrownBy(() -> CablePlan.of(shape, nodes));
            return;
        }
        CablePlan plan = CablePlan.of(shape, nodes);
        var taken = new HashSet<String>();
        var addresses = new HashSet<String>();
        var links = new HashMap<Set<String>, Integer>();
        for (Cable cable : plan.cables()) {
            for (End end : List.of(cable.from(), cable.to())) {
                assertThat(end.port()).isBetween(1, ports);
                assertThat(taken.add(end.node().name() + end.port()))
                        .as("a port twice")
                        .isTrue();
                assertThat(addresses.add(end.address())).as("an address twice").isTrue();
            }
            links.merge(Set.of(cable.from().node().name(), cable.to().node().name()), 1, Integer::sum);
        }
        assertThat(links.values()).as("cables of each link").containsOnly(plan.cablesPerLink());
        assertThat(plan.cablesPerLink()).isEqualTo(ports / neighbours);
        for (Node node : nodes) {
            assertThat(links.keySet().stream().filter(link -> link.contains(node.name())))
                    .as("neighbours of %s", node.name())
                    .hasSize(neighbours);
        }
        assertThat(plan.freePorts()).containsOnly(ports - neighbours * plan.cablesPerLink());
    }

    @ParameterizedTest
    @MethodSource("clusters")
    void aRingIsOneRing(Shape shape, int count, int ports) {
        if (shape != Shape.RING) {
            return;
        }
        var reached = new HashSet<String>(Set.of("n0"));
        boolean more = true;
        CablePlan plan = CablePlan.of(shape, nodes(count, ports));
        while (more) {
            more = false;
            for (Cable cable : plan.cables()) {
                String from = cable.from().node().name();
                String to = cable.to().node().name();
                more |= reached.contains(from) && reached.add(to);
                more |= reached.contains(to) && reached.add(from);
            }
        }
        assertThat(reached).hasSize(count);
    }

    @Test
    void theNodeWithTheFewestPortsDecides() {
        var plan = CablePlan.of(Shape.RING, List.of(new Node("studio", 6), new Node("mini", 3), new Node("book", 4)));
        assertThat(plan.cablesPerLink()).isEqualTo(1);
        assertThat(plan.freePorts()).containsExactly(4, 1, 2);
    }

    @Test
    void theNodesOfAMeshReachEachOtherAtTheFarEndsOfTheirCables() {
        var plan = CablePlan.of(Shape.MESH, nodes(4, 6));
        var seen = new HashSet<String>();
        for (Node from : plan.nodes()) {
            for (Node to : plan.nodes()) {
                var address = plan.addressTo(from, to);
                if (from.equals(to)) {
                    assertThat(address).isEmpty();
                } else {
                    assertThat(plan.cables())
                            .anyMatch(cable -> cable.from().node().equals(from)
                                            && cable.to().address().equals(address.orElseThrow())
                                    || cable.to().node().equals(from)
                                            && cable.from().address().equals(address.orElseThrow()));
                    assertThat(seen.add(address.orElseThrow())).isTrue();
                }
            }
        }
        var ring = CablePlan.of(Shape.RING, nodes(4, 2));
        assertThat(ring.addressTo(ring.nodes().get(0), ring.nodes().get(2))).isEmpty();
    }

    @Test
    void nodesHaveNamesOfTheirOwn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CablePlan.of(Shape.RING, List.of(new Node("a", 3), new Node("a", 3))))
                .withMessageContaining("same name");
    }

    private static List<Node> nodes(int count, int ports) {
        var nodes = new ArrayList<Node>();
        for (int i = 0; i < count; i++) {
            nodes.add(new Node("n" + i, ports));
        }
        return nodes;
    }
}
