package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The links that lead to a store's machine, each measured alone. */
final class StoreLinks {
    /** What the ways are given to connect: that of one which does not answer takes five seconds. */
    private static final long SETTLING_NANOS = TimeUnit.SECONDS.toNanos(8);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Folders that are searched for a file to read. */
    private static final int MOST_FOLDERS = 1000;

    /** A file that is long enough, so that the search may end. */
    private static final long LONG_ENOUGH = 64 << 20;

    private final SmbFileStore files;
    private final String path;
    private final Duration each;
    private final List<Link> links = new ArrayList<>();

    /**
     * Looks at all of them.
     *
     * @param file to read; null for one that is found
     * @param each how long each link is read over
     */
    StoreLinks(SmbFileStore files, @Nullable String file, Duration each) throws IOException {
        this.files = files;
        this.each = each;
        long deadline = System.nanoTime() + SETTLING_NANOS;
        while (!files.settled() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        path = file == null ? longest(files) : file;
        for (SmbFileStore.Way way : files.ways()) {
            links.add(look(way));
        }
    }

    /**
     * What is known of a link.
     *
     * @param local this machine's end; null where no route leads there
     * @param measured null where the link is down
     * @param problem why it is down, and what to do; empty where it is up
     */
    private record Link(
            SmbFileStore.Way way, @Nullable LocalEnd local, SmbFileStore.@Nullable Measured measured, String problem) {}

    boolean allUp() {
        return links.stream().allMatch(link -> link.measured != null);
    }

    /** A file to read; none where the share has none. */
    private static String longest(SmbFileStore files) throws IOException {
        var folders = new ArrayDeque<String>();
        folders.add("");
        String best = "";
        long size = 0;
        for (int seen = 0; !folders.isEmpty() && seen < MOST_FOLDERS && size < LONG_ENOUGH; seen++) {
            String folder = folders.remove();
            for (FileStore.Entry entry : files.list(folder)) {
                String path = folder.isEmpty() ? entry.name() : folder + "/" + entry.name();
                if (entry.folder()) {
                    folders.add(path);
                } else if (entry.size() > size) {
                    best = path;
                    size = entry.size();
                }
            }
        }
        if (best.isEmpty()) {
            throw new UserError("the store has no file to read; put one there, or name one with --file");
        }
        return best;
    }

    private Link look(SmbFileStore.Way way) {
        LocalEnd local;
        try {
            local = LocalEnd.of(RdmaDevices.sourceAddressTo(InetAddress.getByName(way.host())));
        } catch (IOException e) {
            return new Link(way, null, null, "no route leads there: " + Main.describe(e));
        }
        if (!way.standing()) {
            return new Link(way, local, null, way.why() + hint(local));
        }
        try {
            return new Link(way, local, files.measure(way.host(), path, each), "");
        } catch (IOException e) {
            return new Link(way, local, null, Main.describe(e) + hint(local));
        }
    }

    private static String hint(LocalEnd local) {
        return "; is the cable in " + local.name() + " at both ends, and does the store listen there? penstock doctor"
                + " looks at this end";
    }

    void print() {
        System.out.printf(
                Locale.ROOT, "%-18s %-22s %6s %-22s %12s %10s%n", "to", "from", "mtu", "by", "round trip", "reading");
        for (Link link : links) {
            String from = link.local == null ? "" : link.local.toString();
            int mtu = link.local == null ? 0 : link.local.mtu();
            var measured = link.measured;
            if (measured == null) {
                System.out.printf(Locale.ROOT, "%-18s %-22s %6d down: %s%n", link.way.host(), from, mtu, link.problem);
                continue;
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-18s %-22s %6d %-22s %9.0f us %5.2f GB/s%s%n",
                    link.way.host(),
                    from,
                    mtu,
                    carrier(measured),
                    measured.roundTripNanos() / 1e3,
                    measured.bytesPerSecond() / 1e9,
                    link.way.reserve() ? ", a reserve: used where no faster one is there" : "");
        }
        System.out.println("reading " + path + ", each link alone");
        printUnused();
    }

    private static String carrier(SmbFileStore.Measured measured) {
        if (measured.device().isEmpty()) {
            return "TCP";
        }
        return measured.device() + (measured.placed() ? "" : ", not placed: encrypted");
    }

    /** What the store named and this machine does not use. */
    private void printUnused() {
        var used = files.ways().stream().map(SmbFileStore.Way::host).toList();
        for (String address : files.named()) {
            if (!used.contains(address)) {
                System.out.println(
                        address + " is the store's, too, and not used: no network of this machine that is up leads"
                                + " there by a cable of its own, or it does no RDMA");
            }
        }
    }

    /** One object per link, for other programs. */
    List<Map<String, Object>> objects() {
        return links.stream().map(StoreLinks::fields).toList();
    }

    private static Map<String, Object> fields(Link link) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("to", link.way.host());
        LocalEnd.put(link.local, fields);
        fields.put("up", link.measured != null);
        fields.put("reserve", link.way.reserve());
        if (link.measured == null) {
            fields.put("problem", link.problem);
        } else {
            fields.put("device", link.measured.device());
            fields.put("placed", link.measured.placed());
            fields.put("roundTripNanos", link.measured.roundTripNanos());
            fields.put("bytesPerSecond", link.measured.bytesPerSecond());
        }
        return fields;
    }
}
