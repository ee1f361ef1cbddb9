package dev.penstock.rdma.verbs;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The memory that devices of this process have registered, some of it more than once. Thread-safe. */
final class RegisteredMemory {
    /** Regions that begin before a place and end before it, too: nobody has many that overlap. */
    private static final int MOST_LOOKS = 64;

    private record Extent(long address, long bytes) implements Comparable<Extent> {
        @Override
        public int compareTo(Extent other) {
            int byAddress = Long.compareUnsigned(address, other.address);
            return byAddress != 0 ? byAddress : Long.compare(bytes, other.bytes);
        }
    }

    private record Times(MemorySegment memory, int count) {}

    private final ConcurrentSkipListMap<Extent, Times> extents = new ConcurrentSkipListMap<>();

    void add(MemorySegment memory) {
        extents.compute(extent(memory), (key, was) -> new Times(memory, was == null ? 1 : was.count + 1));
    }

    void remove(MemorySegment memory) {
        extents.computeIfPresent(
                extent(memory), (key, was) -> was.count == 1 ? null : new Times(was.memory, was.count - 1));
    }

    /** A region that covers a piece of memory; null where none is found. */
    @Nullable
    MemorySegment around(MemorySegment memory) {
        int looks = 0;
        var before = extents.headMap(new Extent(memory.address(), Long.MAX_VALUE), true)
                .descendingMap();
        for (Map.Entry<Extent, Times> each : before.entrySet()) {
            Extent extent = each.getKey();
            if (extent.address + extent.bytes >= memory.address() + memory.byteSize()) {
                return each.getValue().memory;
            }
            if (++looks == MOST_LOOKS) {
                return null;
            }
        }
        return null;
    }

    private static Extent extent(MemorySegment memory) {
        return new Extent(memory.address(), memory.byteSize());
    }
}
