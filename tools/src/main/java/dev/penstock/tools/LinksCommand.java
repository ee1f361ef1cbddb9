package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.ObjectMapper;

/** Which cables lead to a store's machine, and what each is worth. */
@Command(
        name = "links",
        mixinStandardHelpOptions = true,
        description = {
            "Says which cables lead to a store's machine, by which interface and what kind of RDMA, and measures each",
            "alone: a message there and back, then reading."
        },
        footer = {"", "It logs on like any client, and reads a file that is there. Ends with 1 where a link is down."})
final class LinksCommand implements Callable<Integer> {
    /** What the ways are given to connect: that of one which does not answer takes five seconds. */
    private static final long SETTLING_NANOS = TimeUnit.SECONDS.toNanos(8);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Folders that are searched for a file to read. */
    private static final int MOST_FOLDERS = 1000;

    /** A file that is long enough, so that the search may end. */
    private static final long LONG_ENOUGH = 64 << 20;

    @Parameters(paramLabel = "STORE", description = "smb://USER@HOST:PORT/SHARE.")
    private String where = "";

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    private Stores stores;

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "The file to read; by default the longest of those found first.")
    private @Nullable String file;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "1",
            description = "How long each link is read over, from 1 to 60; ${DEFAULT-VALUE} by default.")
    private int seconds = 1;

    @Option(names = "--json", description = "One object per link, for other programs.")
    private boolean json;

    /**
     * What is known of a link.
     *
     * @param local this machine's end: interface and address; empty where no route leads there
     * @param mtu of that interface; 0 where it is not known
     * @param measured null where the link is down
     * @param problem why it is down, and what to do; empty where it is up
     */
    private record Link(
            SmbFileStore.Way way,
            String local,
            String address,
            int mtu,
            SmbFileStore.@Nullable Measured measured,
            String problem) {}

    @Override
    public Integer call() throws IOException {
        if (seconds < 1 || seconds > 60) {
            throw new UserError("--seconds is from 1 to 60, not " + seconds);
        }
        try (FileStore store = stores.open(where)) {
            if (!(store instanceof SmbFileStore files)) {
                throw new UserError(where + " is a folder; links lead to a share, smb://USER@HOST:PORT/SHARE");
            }
            long deadline = System.nanoTime() + SETTLING_NANOS;
            while (!files.settled() && System.nanoTime() - deadline < 0) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            String path = file == null ? longest(files) : file;
            var links = new ArrayList<Link>();
            for (SmbFileStore.Way way : files.ways()) {
                links.add(look(files, way, path));
            }
            if (json) {
                var mapper = new ObjectMapper();
                links.forEach(link -> System.out.println(mapper.writeValueAsString(fields(link))));
            } else {
                print(links, path);
                printUnused(files);
            }
            return links.stream().allMatch(link -> link.measured != null) ? 0 : 1;
        }
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

    private Link look(SmbFileStore files, SmbFileStore.Way way, String path) {
        String local = "";
        String address = "";
        int mtu = 0;
        try {
            InetAddress source = RdmaDevices.sourceAddressTo(InetAddress.getByName(way.host()));
            address = source.getHostAddress();
            NetworkInterface one = NetworkInterface.getByInetAddress(source);
            if (one != null) {
                local = one.getName();
                mtu = one.getMTU();
            }
        } catch (IOException e) {
            return new Link(way, local, address, mtu, null, "no route leads there: " + Main.describe(e));
        }
        if (!way.standing()) {
            return new Link(way, local, address, mtu, null, way.why() + hint(local));
        }
        try {
            var measured = files.measure(way.host(), path, Duration.ofSeconds(seconds));
            return new Link(way, local, address, mtu, measured, "");
        } catch (IOException e) {
            return new Link(way, local, address, mtu, null, Main.describe(e) + hint(local));
        }
    }

    private static String hint(String local) {
        return "; is the cable in " + local + " at both ends, and does the store listen there? penstock doctor looks at"
                + " this end";
    }

    private static void print(List<Link> links, String path) {
        System.out.printf(
                Locale.ROOT, "%-18s %-22s %6s %-22s %12s %10s%n", "to", "from", "mtu", "by", "round trip", "reading");
        for (Link link : links) {
            String from = link.local + " " + link.address;
            var measured = link.measured;
            if (measured == null) {
                System.out.printf(
                        Locale.ROOT, "%-18s %-22s %6d down: %s%n", link.way.host(), from, link.mtu, link.problem);
                continue;
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-18s %-22s %6d %-22s %9.0f us %5.2f GB/s%s%n",
                    link.way.host(),
                    from,
                    link.mtu,
                    carrier(measured),
                    measured.roundTripNanos() / 1e3,
                    measured.bytesPerSecond() / 1e9,
                    link.way.reserve() ? ", a reserve: used where no faster one is there" : "");
        }
        System.out.println("reading " + path + ", each link alone");
    }

    private static String carrier(SmbFileStore.Measured measured) {
        if (measured.device().isEmpty()) {
            return "TCP";
        }
        return measured.device() + (measured.placed() ? "" : ", not placed: encrypted");
    }

    /** What the store named and this machine does not use. */
    private static void printUnused(SmbFileStore files) {
        var used = files.ways().stream().map(SmbFileStore.Way::host).toList();
        for (String address : files.named()) {
            if (!used.contains(address)) {
                System.out.println(
                        address + " is the store's, too, and not used: no network of this machine that is up leads"
                                + " there by a cable of its own, or it does no RDMA");
            }
        }
    }

    private static Map<String, Object> fields(Link link) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("to", link.way.host());
        fields.put("interface", link.local);
        fields.put("from", link.address);
        fields.put("mtu", link.mtu);
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
