package dev.penstock.smb.volume;

import dev.penstock.smb.volume.caching.Leases;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The nodes of all files that are open, one for each file. Thread-safe. */
final class NodeTable {
    private final ConcurrentHashMap<NodeKey, Node> nodes = new ConcurrentHashMap<>();
    private final InstantSource clock;
    private final Leases leases;

    NodeTable(InstantSource clock, Leases leases) {
        this.clock = clock;
        this.leases = leases;
    }

    /** The node of a file, for the caller to hold until {@link #release}. */
    Node hold(NodeKey key) {
        var held = nodes.compute(key, (k, node) -> {
            Node present = node == null ? new Node(k, clock, leases) : node;
            present.holders++;
            return present;
        });
        return java.util.Objects.requireNonNull(held);
    }

    /** Holds the node of a file that is open, or null where it is not. */
    @Nullable
    Node holdIfPresent(NodeKey key) {
        return nodes.computeIfPresent(key, (k, node) -> {
            node.holders++;
            return node;
        });
    }

    /** Gives a node another key, which no other has. */
    void move(Node node, NodeKey to) {
        nodes.remove(node.key, node);
        node.key = to;
        nodes.put(to, node);
    }

    /** Ends one holder's use. */
    void release(Node node) {
        nodes.computeIfPresent(node.key, (k, present) -> present == node && --present.holders == 0 ? null : present);
    }

    /** A moment's view of what is open. */
    Collection<Node> all() {
        return List.copyOf(nodes.values());
    }
}
