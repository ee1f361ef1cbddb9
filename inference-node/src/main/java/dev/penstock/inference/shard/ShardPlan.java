package dev.penstock.inference.shard;

import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.GgufFile;
import dev.penstock.inference.gguf.TensorInfo;
import dev.penstock.inference.shard.Shard.Split;
import dev.penstock.memory.Regions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What one of {@code size} nodes holds of a model, and where in its memory. Groups are in the order in which they are needed: the
 * embeddings, the layers, the output. Each begins on a page of its own.
 */
public final class ShardPlan {
    /** Most nodes that one model is divided over; a mesh of more has more links than such machines have sockets. */
    public static final int MAX_NODES = 64;
    /** Alignment of tensors in memory: ggml asks for 32, a cache line is 64. */
    private static final long ALIGNMENT = 64;

    private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,4})\\.(.+)");

    /**
     * Tensors that become usable together.
     *
     * @param name for people
     * @param memoryOffset a multiple of {@link Regions#PAGE}
     */
    public record Group(String name, long memoryOffset, long bytes, List<Shard> shards) {}

    private final ModelShape shape;
    private final int rank;
    private final int size;
    private final List<Group> groups;
    private final long bytes;

    private ShardPlan(ModelShape shape, int rank, int size, List<Group> groups, long bytes) {
        this.shape = shape;
        this.rank = rank;
        this.size = size;
        this.groups = List.copyOf(groups);
        this.bytes = bytes;
    }

    /**
     * The part of node {@code rank} among {@code size}.
     *
     * @throws GgufException where the model is not understood, or cannot be divided like that; the message says by how many it can be
     */
    public static ShardPlan of(GgufFile file, int rank, int size) throws GgufException {
        if (size < 1 || size > MAX_NODES || rank < 0 || rank >= size) {
            throw new IllegalArgumentException("node " + rank + " of " + size);
        }
        ModelShape shape = ModelShape.of(file);
        String obstacle = obstacle(shape, file, size);
        if (obstacle != null) {
            List<Integer> possible = IntStream.rangeClosed(1, MAX_NODES)
                    .filter(n -> obstacle(shape, file, n) == null)
                    .boxed()
                    .toList();
            throw new GgufException("the model cannot be divided over " + size + " nodes: " + obstacle
                    + "; it can be over " + possible.toString().replaceAll("[\\[\\]]", ""));
        }
        var planner = new Planner(rank, size);
        for (List<TensorInfo> tensors : inOrder(file, shape)) {
            planner.group(tensors, shape);
        }
        return new ShardPlan(shape, rank, size, planner.groups, planner.end);
    }

    /** Sizes of the whole model. */
    public ModelShape shape() {
        return shape;
    }

    /** Number of this node, from 0. */
    public int rank() {
        return rank;
    }

    /** Number of nodes. */
    public int size() {
        return size;
    }

    /** The groups, in the order in which they are needed. */
    public List<Group> groups() {
        return groups;
    }

    /** Bytes of memory of this node, all groups and the padding between them. */
    public long bytes() {
        return bytes;
    }

    /** Bytes that are read from the file for this node. */
    public long fileBytes() {
        return groups.stream().mapToLong(Group::bytes).sum();
    }

    /** Rows of the output matrix that this node computes logits for. */
    public int outputRows() {
        return shape.vocabulary() % size == 0 ? shape.vocabulary() / size : shape.vocabulary();
    }

    /** The plan for people, one line per kind of tensor. */
    public String preview() {
        var text = new StringBuilder();
        text.append("node %d of %d: %.1f MiB in memory%n".formatted(rank, size, bytes / (double) (1 << 20)));
        for (Group group : groups.subList(0, Math.min(2, groups.size()))) {
            preview(text, group);
        }
        if (groups.size() > 3) {
            text.append("  … and the other layers alike%n".formatted());
        }
        if (groups.size() > 2) {
            preview(text, groups.getLast());
        }
        return text.toString();
    }

    private static void preview(StringBuilder text, Group group) {
        for (Shard s : group.shards()) {
            text.append("  %-28s %-8s %-6s %d x %d, %d bytes in %d runs%n"
                    .formatted(
                            s.name(),
                            s.split().name().toLowerCase(Locale.ROOT),
                            s.type(),
                            s.columns(),
                            Math.max(1, s.rows()),
                            s.bytes(),
                            s.runs()));
        }
    }

    private static List<List<TensorInfo>> inOrder(GgufFile file, ModelShape shape) throws GgufException {
        var order = new ArrayList<List<TensorInfo>>();
        for (int i = 0; i < shape.layers() + 2; i++) {
            order.add(new ArrayList<>());
        }
        for (TensorInfo tensor : file.tensors()) {
            var layer = LAYER.matcher(tensor.name());
            int at;
            if (layer.matches()) {
                at = Integer.parseInt(layer.group(1)) + 1;
                if (at > shape.layers()) {
                    throw new GgufException(tensor.name() + " is of a layer that the model does not have");
                }
                split(layer.group(2), tensor.name());
            } else {
                at = switch (tensor.name()) {
                    case "token_embd.weight", "rope_freqs.weight" -> 0;
                    case "output_norm.weight", "output.weight" -> shape.layers() + 1;
                    default -> throw unknown(tensor.name());
                };
            }
            order.get(at).add(tensor);
        }
        return order;
    }

    private static Split split(String partName, String name) throws GgufException {
        return switch (partName) {
            case "attn_norm.weight", "ffn_norm.weight" -> Split.WHOLE;
            case "attn_q.weight", "attn_k.weight", "attn_v.weight", "ffn_gate.weight", "ffn_up.weight" -> Split.ROWS;
            case "attn_output.weight", "ffn_down.weight" -> Split.COLUMNS;
            default -> throw unknown(name);
        };
    }

    private static GgufException unknown(String name) {
        return new GgufException("tensor " + name + " is none of a Llama model's");
    }

    /** Why the model cannot be divided over {@code size} nodes, or null. */
    private static @org.jspecify.annotations.Nullable String obstacle(ModelShape shape, GgufFile file, int size) {
        if (shape.heads() % size != 0 || shape.kvHeads() % size != 0) {
            return shape.heads() + " attention heads and " + shape.kvHeads()
                    + " heads of keys and values are not both multiples of " + size;
        }
        if (shape.feedForward() % size != 0) {
            return "the feed-forward width of " + shape.feedForward() + " is not a multiple of " + size;
        }
        for (TensorInfo tensor : file.tensors()) {
            boolean columns = tensor.name().endsWith("attn_output.weight")
                    || tensor.name().endsWith("ffn_down.weight");
            if (columns && tensor.ne0() / size % tensor.type().blockElements() != 0) {
                return "the " + tensor.ne0() + " columns of " + tensor.name() + " would be cut inside a block of "
                        + tensor.type().blockElements() + " (" + tensor.type() + ")";
            }
        }
        return null;
    }

    /** Lays out groups one behind the other. */
    private static final class Planner {
        final int rank;
        final int size;
        final List<Group> groups = new ArrayList<>();
        long end;

        Planner(int rank, int size) {
            this.rank = rank;
            this.size = size;
        }

        void group(List<TensorInfo> tensors, ModelShape shape) throws GgufException {
            end = (end + Regions.PAGE - 1) & -Regions.PAGE;
            long begin = end;
            var shards = new ArrayList<Shard>();
            for (TensorInfo tensor : tensors) {
                end = (end + ALIGNMENT - 1) & -ALIGNMENT;
                Shard shard = shard(tensor, shape, end);
                shards.add(shard);
                end = Math.addExact(end, shard.bytes());
            }
            int number = groups.size();
            String name = number == 0 ? "embeddings" : number > shape.layers() ? "output" : "layer " + (number - 1);
            long bytes = shards.stream().mapToLong(Shard::bytes).sum();
            groups.add(new Group(name, begin, bytes, List.copyOf(shards)));
        }

        private Shard shard(TensorInfo t, ModelShape shape, long memoryOffset) throws GgufException {
            Split split = size == 1 ? Split.WHOLE : splitOf(t.name(), shape);
            long rows = t.dimensions() == 1 ? 0 : t.ne1();
            return switch (split) {
                case WHOLE ->
                    new Shard(
                            t.name(),
                            split,
                            t.type(),
                            t.ne0(),
                            rows,
                            t.offset(),
                            t.bytes(),
                            t.bytes(),
                            1,
                            memoryOffset);
                case ROWS -> {
                    long part = rows / size;
                    long partBytes = part * t.rowBytes();
                    yield new Shard(
                            t.name(),
                            split,
                            t.type(),
                            t.ne0(),
                            part,
                            t.offset() + rank * partBytes,
                            partBytes,
                            partBytes,
                            1,
                            memoryOffset);
                }
                case COLUMNS -> {
                    long part = t.ne0() / size;
                    long partBytes = t.type().bytes(part);
                    yield new Shard(
                            t.name(),
                            split,
                            t.type(),
                            part,
                            rows,
                            t.offset() + rank * partBytes,
                            partBytes,
                            t.rowBytes(),
                            Math.toIntExact(rows),
                            memoryOffset);
                }
            };
        }

        private Split splitOf(String name, ModelShape shape) throws GgufException {
            var layer = LAYER.matcher(name);
            if (layer.matches()) {
                return split(layer.group(2), name);
            }
            return name.equals("output.weight") && shape.vocabulary() % size == 0 ? Split.ROWS : Split.WHOLE;
        }
    }
}
