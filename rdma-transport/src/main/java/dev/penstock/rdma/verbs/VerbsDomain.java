package dev.penstock.rdma.verbs;

import dev.penstock.rdma.Access;
import dev.penstock.rdma.MemoryRegion;
import dev.penstock.rdma.MemoryWindow;
import dev.penstock.rdma.ProtectionDomain;
import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaStatus;
import dev.penstock.rdma.RemoteSpan;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A protection domain of an adapter; of several, one on each, and whatever is registered is so on each. Thread-safe. */
final class VerbsDomain implements ProtectionDomain {
    private static final String SEVERAL_KEYS = "memory of several adapters has no one key to give away";

    private final VerbsDevice device;
    private final List<MemorySegment> pds = new ArrayList<>();
    private final Set<Registration> registrations = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    VerbsDomain(VerbsDevice device) throws RdmaException {
        this.device = device;
        try {
            for (MemorySegment context : device.contexts()) {
                pds.add(Verbs.allocatePd(context));
            }
        } catch (RdmaException e) {
            pds.forEach(Verbs::deallocatePd);
            throw e;
        }
    }

    MemorySegment pd(int adapter) {
        return pds.get(adapter);
    }

    @Override
    public MemoryRegion register(MemorySegment memory, Set<Access> access) throws RdmaException {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("only native memory can be registered");
        }
        if (memory.isReadOnly() && !access.equals(Set.of(Access.REMOTE_READ)) && !access.isEmpty()) {
            throw new IllegalArgumentException("read-only memory cannot be registered for writing");
        }
        return add(new Region(memory, access));
    }

    @Override
    public MemoryWindow window(MemoryRegion region, long offset, long length, Set<Access> access) throws RdmaException {
        Region whole = region(region);
        if (pds.size() > 1) {
            throw new RdmaException(RdmaStatus.RESOURCES, SEVERAL_KEYS);
        }
        if (!whole.access.containsAll(access)) {
            throw new IllegalArgumentException("a window of " + access + " on a region of " + whole.access);
        }
        return add(new Window(whole.memory.asSlice(offset, length), access));
    }

    /** The region as ours; a mistake where it is not. */
    Region region(MemoryRegion region) {
        if (region instanceof Region r && r.domain() == this && r.open()) {
            return r;
        }
        throw new IllegalArgumentException("not an open region of this domain");
    }

    private <T extends Registration> T add(T registration) {
        registrations.add(registration);
        return registration;
    }

    private List<MemorySegment> register(MemorySegment memory, Set<Access> access, boolean mayReadInto)
            throws RdmaException {
        int flags = access.contains(Access.REMOTE_READ) ? Verbs.REMOTE_READ : 0;
        if (access.contains(Access.REMOTE_WRITE)) {
            flags |= Verbs.REMOTE_WRITE | Verbs.LOCAL_WRITE; // the one is not to be had without the other
        }
        if (access.contains(Access.LOCAL_WRITE)) {
            flags |= Verbs.LOCAL_WRITE;
            // On iWARP the answer to an RDMA READ is a write by the peer, RFC 5040 section 5.2. The key goes to no one
            // but
            // whom we read from.
            flags |= mayReadInto && device.iwarp() ? Verbs.REMOTE_WRITE : 0;
        }
        var made = new ArrayList<MemorySegment>();
        try {
            for (MemorySegment pd : pds) {
                made.add(Verbs.registerMr(pd, memory, flags));
            }
        } catch (RdmaException e) {
            made.forEach(Verbs::deregisterMr);
            throw e;
        }
        return made;
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
        if (closed.compareAndSet(false, true)) {
            pds.forEach(Verbs::deallocatePd);
            device.forget(this);
        }
    }

    /** What region and window have in common: one registration with each adapter. */
    abstract class Registration {
        final MemorySegment memory;
        final List<MemorySegment> mrs;
        private final int[] localKeys;
        private final AtomicBoolean ended = new AtomicBoolean();

        Registration(MemorySegment memory, Set<Access> access, boolean mayReadInto) throws RdmaException {
            this.memory = memory;
            this.mrs = register(memory, access, mayReadInto);
            this.localKeys = mrs.stream()
                    .mapToInt(mr -> Structs.i32(mr, Structs.MR_LKEY))
                    .toArray();
        }

        /** The key for work of an adapter. */
        int localKey(int adapter) {
            return localKeys[adapter];
        }

        /** The key that a peer is given; of several adapters each has its own, and which one it would take is not known here. */
        public int remoteKey() {
            if (mrs.size() > 1) {
                throw new IllegalStateException(SEVERAL_KEYS);
            }
            return Structs.i32(mrs.getFirst(), Structs.MR_RKEY);
        }

        public boolean open() {
            return !ended.get();
        }

        public void close() {
            if (ended.compareAndSet(false, true)) {
                mrs.forEach(Verbs::deregisterMr);
                registrations.remove(this);
            }
        }
    }

    final class Region extends Registration implements MemoryRegion {
        private final Set<Access> access;

        Region(MemorySegment memory, Set<Access> access) throws RdmaException {
            super(memory, access, true);
            this.access = Set.copyOf(access);
        }

        VerbsDomain domain() {
            return VerbsDomain.this;
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
            return localKey(0);
        }
    }

    private final class Window extends Registration implements MemoryWindow {
        Window(MemorySegment memory, Set<Access> access) throws RdmaException {
            super(Objects.requireNonNull(memory), access, false);
        }

        @Override
        public RemoteSpan span() {
            return new RemoteSpan(remoteKey(), memory.address(), memory.byteSize());
        }
    }
}
