package dev.penstock.rdma.rdmap;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RemoteSpan;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A domain whose keys live in a table. Thread-safe. */
final class SoftProtectionDomain implements ProtectionDomain {
    private final SoftDevice device;
    private final Runnable whenClosed;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Set<MemoryKey> mine = ConcurrentHashMap.newKeySet();

    SoftProtectionDomain(SoftDevice device, Runnable whenClosed) {
        this.device = device;
        this.whenClosed = whenClosed;
    }

    @Override
    public MemoryRegion register(MemorySegment memory, Set<Access> access) throws RdmaException {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("only native memory can be registered");
        }
        if (memory.isReadOnly() && !EnumSet.of(Access.REMOTE_READ).containsAll(access)) {
            throw new IllegalArgumentException("read-only memory cannot be registered for writing");
        }
        var made = new Region(add(memory, access, false), memory, Set.copyOf(access));
        device.registered(memory);
        return made;
    }

    @Override
    public MemoryWindow window(MemoryRegion region, long offset, long length, Set<Access> access) throws RdmaException {
        var whole = region(region);
        if (!whole.access.containsAll(access)) {
            throw new IllegalArgumentException("a window of " + access + " on a region of " + whole.access);
        }
        return new Window(add(whole.memory.asSlice(offset, length), access, true));
    }

    @Override
    public void close() {
        mine.forEach(this::remove);
        if (closed.compareAndSet(false, true)) {
            whenClosed.run();
        }
    }

    /** The region as ours; a mistake where it is not. */
    Region region(MemoryRegion region) {
        if (region instanceof Region r && r.domain() == this && r.entry.isOpen()) {
            return r;
        }
        throw new IllegalArgumentException("not an open region of this domain");
    }

    private MemoryKey add(MemorySegment memory, Set<Access> access, boolean window) throws RdmaException {
        var entry = device.keys().add(this, memory, access, window);
        mine.add(entry);
        return entry;
    }

    boolean remove(MemoryKey entry) {
        mine.remove(entry);
        boolean was = device.keys().remove(entry);
        if (was && !entry.window) {
            device.unregistered(entry.memory);
        }
        return was;
    }

    final class Region implements MemoryRegion {
        private final MemoryKey entry;
        private final MemorySegment memory;
        private final Set<Access> access;

        Region(MemoryKey entry, MemorySegment memory, Set<Access> access) {
            this.entry = entry;
            this.memory = memory;
            this.access = access;
        }

        SoftProtectionDomain domain() {
            return SoftProtectionDomain.this;
        }

        boolean locallyWritable() {
            return access.contains(Access.LOCAL_WRITE);
        }

        @Override
        public MemorySegment memory() {
            return memory;
        }

        @Override
        public int localKey() {
            return entry.key;
        }

        @Override
        public int remoteKey() {
            return entry.key;
        }

        @Override
        public void close() {
            remove(entry);
        }
    }

    private final class Window implements MemoryWindow {
        private final MemoryKey entry;

        Window(MemoryKey entry) {
            this.entry = entry;
        }

        @Override
        public RemoteSpan span() {
            return new RemoteSpan(entry.key, entry.address, entry.length);
        }

        @Override
        public boolean open() {
            return entry.isOpen();
        }

        @Override
        public void close() {
            remove(entry);
        }
    }
}
