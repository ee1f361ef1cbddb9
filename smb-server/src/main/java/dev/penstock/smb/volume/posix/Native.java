package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The method handles, and nothing else. Each takes the segment that captures errno first. */
@SuppressWarnings("restricted") // the C library's own functions, with the signatures of their manual pages
final class Native {
    static final boolean MAC = System.getProperty("os.name").startsWith("Mac");

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_FIELD = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final MethodHandle OPENAT = variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
    static final MethodHandle DUP = handle("dup", JAVA_INT, JAVA_INT);
    static final MethodHandle PREAD = handle("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    static final MethodHandle PREADV = handle("preadv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    static final MethodHandle PWRITE = handle("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    static final MethodHandle FSYNC = handle("fsync", JAVA_INT, JAVA_INT);
    static final MethodHandle FCHMOD = handle("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle FTRUNCATE = handle("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle MKDIRAT = handle("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle UNLINKAT = handle("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle RENAMEAT = handle("renameat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    static final MethodHandle LINKAT = handle("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle SYMLINKAT = handle("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    static final MethodHandle READLINKAT = handle("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle UTIMENSAT = handle("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    static final MethodHandle FUTIMENS = handle("futimens", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle FDOPENDIR = handle("fdopendir", ADDRESS, JAVA_INT);
    static final MethodHandle READDIR = handle("readdir", ADDRESS, ADDRESS);
    static final MethodHandle REWINDDIR =
            LINKER.downcallHandle(find("rewinddir"), FunctionDescriptor.ofVoid(ADDRESS), ERRNO);
    static final MethodHandle CLOSEDIR = handle("closedir", JAVA_INT, ADDRESS);
    static final MethodHandle FSTATVFS = handle("fstatvfs", JAVA_INT, JAVA_INT, ADDRESS);

    /** statx on Linux; fstatat on macOS. */
    static final MethodHandle STAT = MAC
            ? handle("fstatat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)
            : handle("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);

    /** renameat2 on Linux, renameatx_np on macOS: the same arguments, other flag values. */
    static final MethodHandle RENAME_FLAGS =
            handle(MAC ? "renameatx_np" : "renameat2", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);

    /** fallocate on Linux. macOS reserves by fcntl(F_PREALLOCATE), as it advises by F_RDADVISE. */
    static final MethodHandle RESERVE = MAC
            ? variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)
            : handle("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

    static final MethodHandle FGETXATTR = MAC
            ? handle("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT)
            : handle("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle GETXATTR = MAC
            ? handle("getxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT)
            : handle("lgetxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle FSETXATTR = MAC
            ? handle("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT)
            : handle("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle FREMOVEXATTR = MAC
            ? handle("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)
            : handle("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);

    static final MethodHandle FLISTXATTR = MAC
            ? handle("flistxattr", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)
            : handle("flistxattr", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle LISTXATTR = MAC
            ? handle("listxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT)
            : handle("llistxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    /** syscall(2) with the arguments of listxattrat: a descriptor, a path, flags, a buffer, its size. */
    static final @Nullable MethodHandle LIST_AT =
            MAC ? null : variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG);
    /** The same with those of getxattrat: a descriptor, a path, flags, an attribute's name, struct xattr_args, its size. */
    static final @Nullable MethodHandle GET_AT = MAC
            ? null
            : variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);

    static final MethodHandle LSEEK = handle("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);

    /** preadv2, on Linux only, and not in every C library. */
    static final @Nullable MethodHandle PREADV2 =
            optional("preadv2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT);

    /** posix_fadvise, on Linux only. macOS advises by fcntl(F_RDADVISE). */
    static final @Nullable MethodHandle ADVISE =
            optional("posix_fadvise", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

    /** copy_file_range, on Linux only: macOS clones by name. */
    static final @Nullable MethodHandle COPY_FILE_RANGE = MAC
            ? null
            : handle("copy_file_range", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

    /** ioctl, whose codes are each system's own: those of Linux are used. */
    static final @Nullable MethodHandle IOCTL =
            MAC ? null : variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);

    private Native() {}

    static MemorySegment errnoState(Arena arena) {
        return arena.allocate(STATE);
    }

    static int errno(MemorySegment state) {
        return (int) ERRNO_FIELD.get(state, 0L);
    }

    /** All memory there is, for structures that the C library points to: no object for each of them. */
    static MemorySegment memory() {
        return MEMORY;
    }

    /** A pointer from the C library seen as {@code bytes} of memory. */
    static MemorySegment sized(MemorySegment pointer, long bytes) {
        return pointer.reinterpret(bytes);
    }

    private static MethodHandle handle(String name, ValueLayout result, ValueLayout... arguments) {
        return LINKER.downcallHandle(find(name), FunctionDescriptor.of(result, arguments), ERRNO);
    }

    static @Nullable MethodHandle optional(String name, ValueLayout result, ValueLayout... arguments) {
        return LINKER.defaultLookup()
                .find(name)
                .map(function -> LINKER.downcallHandle(function, FunctionDescriptor.of(result, arguments), ERRNO))
                .orElse(null);
    }

    /** A function with "..." in its prototype, which passes its arguments otherwise on some processors. */
    private static MethodHandle variadic(String name, int named, ValueLayout result, ValueLayout... arguments) {
        if (named >= arguments.length) {
            return handle(name, result, arguments);
        }
        return LINKER.downcallHandle(
                find(name), FunctionDescriptor.of(result, arguments), ERRNO, Linker.Option.firstVariadicArg(named));
    }

    private static MemorySegment find(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }
}
