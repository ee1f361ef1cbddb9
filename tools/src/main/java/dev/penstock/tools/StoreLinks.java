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
final class StoreLinks implements Links {
    /** What the ways are given to connect: that of one which does not answer takes five seconds. */
    private static final long SETTLING_NANOS = TimeUnit.SECONDS.toNanos(8);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Folders that are searched for a file to read. */
    private static final int MOST_FOLDERS = 1000;

    /** A file that is long enough, so that the search may end. */
    private static final long LONG_ENOUGH = 64 << 20;

    private final SmbFileStore files;
    private final String path; // empty where there is no file to read
    private final Duration each;
    private final boolean write;
    private final List<Link> links = new ArrayList<>();

    /**
     * Looks at all of them.
     *
     * @param file to read; null for one that is found
     * @param each how long each direction of a link is measured
     * @param write whether writing is measured, too: into the folder of that file, or the share's root where none was named
     */
    StoreLinks(SmbFileStore files, @Nullable String file, Duration each, boolean write) throws IOException {
        this.files = files;
        this.each = each;
        this.write = write;
        long deadline = System.nanoTime() + SETTLING_NANOS;
        while (!files.settled() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        path = file == null ? longest(files) : readable(files, file);
        if (path.isEmpty() && !write) {
            throw new UserError("the store has no file to read; put one there, name one with --file, or measure writing"
                    + " alone with --write");
        }
        String folder = file == null ? "" : file.substring(0, Math.max(0, file.lastIndexOf('/')));
        for (SmbFileStore.Way way : files.ways()) {
            links.add(look(way, folder));
        }
    }

    /**
     * What is known of a link.
     *
     * @param local this machine's end; null where no route leads there
     * @param measured null where the link is down
     * @param written null where the link is down, or nobody has asked for it
     * @param problem why it is down, and what to do; empty where it is up
     */
    private record Link(
            SmbFileStore.Way way,
            @Nullable LocalEnd local,
            SmbFileStore.@Nullable Measured measured,
            SmbFileStore.@Nullable Written written,
            String problem) {
        static Link down(SmbFileStore.Way way, @Nullable LocalEnd local, String problem) {
            return new Link(way, local, null, null, problem);
        }
    }

    @Override
    public boolean allUp() {
        return links.stream().allMatch(link -> link.measured != null);
    }

    /** A file that is there: one that is not would say nothing of a link. */
    private static String readable(SmbFileStore files, String file) throws IOException {
        files.open(file).close();
        return file;
    }

    /** A file to read; empty where the share has none that has anything in it. */
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
        return best;
    }

    private Link look(SmbFileStore.Way way, String folder) {
        LocalEnd local;
        try {
            local = LocalEnd.of(RdmaDevices.sourceAddressTo(InetAddress.getByName(way.host())));
        } catch (IOException e) {
            return Link.down(way, null, "no route leads there: " + Main.describe(e));
        }
        if (!way.standing()) {
            return Link.down(way, local, way.why() + hint(local));
        }
        try {
            var measured = files.measure(way.host(), path, each);
            var written = write ? files.measureWriting(way.host(), folder, each) : null;
            return new Link(way, local, measured, written, "");
        } catch (IOException e) {
            return Link.down(way, local, Main.describe(e) + hint(local));
        }
    }

    private static String hint(LocalEnd local) {
        return "; is the cable in " + local.name() + " at both ends, and does the store listen there? penstock doctor"
                + " looks at this end";
    }

    @Override
    public void print() {
        System.out.printf(
                Locale.ROOT,
                "%-18s %-22s %6s %-22s %12s %10s%s%n",
                "to",
                "from",
                "mtu",
                "by",
                "round trip",
                "reading",
                write ? String.format(Locale.ROOT, " %10s", "writing") : "");
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
                    "%-18s %-22s %6d %-22s %9.0f us %10s%s%s%n",
                    link.way.host(),
                    from,
                    mtu,
                    carrier(measured),
                    measured.roundTripNanos() / 1e3,
                    path.isEmpty() ? "no file" : Links.speed((double) measured.bytesPerSecond()),
                    writing(link.written),
                    link.way.reserve() ? ", a reserve: used where no faster one is there" : "");
        }
        System.out.println((path.isEmpty() ? "" : "reading " + path + ", ")
                + (write ? "writing a scratch file, which is gone again, without a flush, " : "")
                + "each link alone");
        printUnused();
    }

    private static String writing(SmbFileStore.@Nullable Written written) {
        if (written == null) {
            return "";
        }
        return written.problem().isEmpty()
                ? String.format(Locale.ROOT, " %10s", Links.speed((double) written.bytesPerSecond()))
                : ", writing not measured: " + written.problem();
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

    @Override
    public List<Map<String, Object>> objects() {
        return links.stream().map(this::fields).toList();
    }

    private Map<String, Object> fields(Link link) {
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
            if (!path.isEmpty()) {
                fields.put("bytesPerSecond", link.measured.bytesPerSecond());
            }
        }
        if (link.written != null && link.written.problem().isEmpty()) {
            fields.put("writingBytesPerSecond", link.written.bytesPerSecond());
        } else if (link.written != null) {
            fields.put("writingProblem", link.written.problem());
        }
        return fields;
    }
}
