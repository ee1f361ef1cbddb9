package dev.penstock.smbdirect;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.LocalSpan;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The regions of an endpoint, by address. Thread-safe. */
final class RegisteredMemory implements AutoCloseable {
    private final ProtectionDomain domain;
    private final ConcurrentSkipListMap<Long, MemoryRegion> byAddress = new ConcurrentSkipListMap<>();

    RegisteredMemory(ProtectionDomain domain) {
        this.domain = domain;
    }

    MemoryRegion add(MemorySegment memory, Set<Access> access) throws RdmaException {
        var region = domain.register(memory, access);
        var before = byAddress.putIfAbsent(memory.address(), region);
        if (before != null && before.memory().byteSize() < memory.byteSize()) {
            byAddress.put(memory.address(), region);
        }
        return region;
    }

    void remove(MemoryRegion region) {
        byAddress.remove(region.memory().address(), region);
        region.close();
    }

    /** The span that a piece of memory is, if it lies in a region. */
    @Nullable
    LocalSpan find(MemorySegment memory) {
        if (!memory.isNative()) {
            return null;
        }
        var entry = byAddress.floorEntry(memory.address());
        if (entry == null) {
            return null;
        }
        long offset = memory.address() - entry.getKey();
        var region = entry.getValue();
        long size = region.memory().byteSize();
        boolean inside = offset <= size && memory.byteSize() <= size - offset;
        return inside ? region.span(offset, memory.byteSize()) : null;
    }

    @Override
    public void close() {
        byAddress.values().forEach(MemoryRegion::close);
        byAddress.clear();
    }
}
