package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaStatus;
import java.util.Optional;

/**
 * The library of verbs that this operating system has, and all in which Apple's is known to differ from libibverbs. Of Apple's nothing could be
 * tried: what is here follows its technical note TN3205 and programs that use it (MLX, llama.cpp).
 *
 * @param path for the loader
 * @param connects whether there is a connection manager and events of completion, without which only unreliable connections can be had
 * @param mostPairs queue pairs of one device; fewer than any number asked for here where there is no such limit
 * @param depth frames that a pair has under way: what users of Apple's found safe, and elsewhere what covers the delay of a software adapter
 * @param list requests that are handed over by one call, of which the last is signalled. Where a call goes into the kernel, as with software
 *     adapters, fewer are cheaper; Apple's makes no system call, and what its library makes of lists nobody has published
 * @param bulkDepth long messages that are under way: all of a transfer where nothing holds them back; Apple's hold each back until its receive is
 *     posted, and two of 64 KiB are what users of it found safe
 * @param bulkRequests room of the queues for them: Apple's counts frames of 4 KiB
 * @param mostPinned registrations of an adapter's for long messages: Apple's has a hundred in all
 * @param keepsLowHalf whether a registration keeps only the low half of an address, and so may not cross a multiple of 4 GiB
 * @param longestMtu of enum ibv_mtu: Apple's device is said to take no other than 1024
 */
record VerbsLibrary(
        String path,
        boolean connects,
        int mostPairs,
        int depth,
        int list,
        int bulkDepth,
        int bulkRequests,
        int mostPinned,
        boolean keepsLowHalf,
        int longestMtu) {
    private static final int MTU_1024 = 3;
    private static final int MTU_4096 = 5;
    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");

    /** This machine's. */
    static final VerbsLibrary HERE = MAC
            ? new VerbsLibrary("/usr/lib/librdma.dylib", false, 10, 32, 1, 2, 32, 80, true, MTU_1024)
            : new VerbsLibrary("libibverbs.so.1", true, 1024, 512, 64, 64, 64, 1024, false, MTU_4096);

    /** What is to be done where the library is not there. */
    String remedy() {
        return MAC
                ? "macOS 26.2 has it, and wants 'rdma_ctl enable' in Recovery"
                : "Debian: libibverbs1 and ibverbs-providers";
    }

    /** Why there cannot be such a library here; empty where there can. */
    static Optional<String> obstacle() {
        String os = System.getProperty("os.name");
        return MAC || os.equals("Linux")
                ? Optional.empty()
                : Optional.of("Linux and macOS have verbs, and this is " + os);
    }

    /** What an error number means: the two systems number them differently. */
    static RdmaStatus status(int errno) {
        return switch (errno) {
            case 51, 61, 65 -> MAC ? RdmaStatus.UNREACHABLE : RdmaStatus.RESOURCES;
            case 60 -> MAC ? RdmaStatus.TIMEOUT : RdmaStatus.RESOURCES;
            // ENETUNREACH, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT
            case 101, 111, 113 -> MAC ? RdmaStatus.RESOURCES : RdmaStatus.UNREACHABLE;
            case 110 -> MAC ? RdmaStatus.RESOURCES : RdmaStatus.TIMEOUT;
            default -> RdmaStatus.RESOURCES;
        };
    }
}
