package dev.penstock.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Anonymous memory straight from the operating system. Unlike {@link Arena#allocate}, it is not written at allocation: a page costs
 * nothing until it is used, so that a pool may be sized for the worst case.
 */
public final class Regions {
    /** Page size that regions are aligned to and rounded up to, in bytes. Apple silicon has 16 KiB pages. */
    public static final long PAGE = 16 << 10;

    private static final int PROT_READ_WRITE = 0x3;
    private static final int MAP_PRIVATE_ANONYMOUS =
            System.getProperty("os.name").startsWith("Mac") ? 0x1002 : 0x22;

    private static final MethodHandle MMAP = handle(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    /** Linux: back the region with pages of 2 MiB where it can, so that streaming through it does not wait for the page tables. */
    private static final int MADV_HUGEPAGE = 14;

    private static final long HUGE_PAGE = 2 << 20;
    private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");
    private static final MethodHandle MADVISE = handle(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle MUNMAP =
            handle("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private Regions() {}

    /**
     * Maps zeroed, page-aligned memory that lives until {@code arena} is closed.
     *
     * @param bytes at least this many; rounded up to whole pages
     * @throws OutOfMemoryError where the operating system refuses
     */
    public static MemorySegment map(long bytes, Arena arena) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a region of " + bytes + " bytes");
        }
        long rounded = Math.addExact(bytes, PAGE - 1) & -PAGE;
        try {
            var base = (MemorySegment)
                    MMAP.invokeExact(MemorySegment.NULL, rounded, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
            if (base.address() == -1L) {
                throw new OutOfMemoryError("the operating system refused a region of " + rounded + " bytes");
            }
            if (LINUX && rounded >= HUGE_PAGE) {
                // Advice only: where the kernel does not take it, small pages serve.
                int ignored = (int) MADVISE.invokeExact(base, rounded, MADV_HUGEPAGE);
            }
            return reinterpret(base, rounded, arena);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("restricted") // the address and the length are those that mmap just answered
    private static MemorySegment reinterpret(MemorySegment base, long bytes, Arena arena) {
        return base.reinterpret(bytes, arena, Regions::unmap);
    }

    private static void unmap(MemorySegment region) {
        try {
            int rc = (int) MUNMAP.invokeExact(region, region.byteSize());
            assert rc == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("restricted") // mmap and munmap of the C library
    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
