package dev.penstock.tools;

import dev.penstock.collective.CollectiveBootstrap;
import dev.penstock.collective.CollectiveException;
import dev.penstock.collective.LinkSurvey;
import dev.penstock.rdma.Device;
import dev.penstock.rdma.RdmaDevices;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The links between this node and the others of its group. */
final class PeerLinks implements Links {
    private final List<Link> links;

    private PeerLinks(List<Link> links) {
        this.links = links;
    }

    /**
     * What is known of a link.
     *
     * @param local this machine's end; null where no route leads there
     * @param by what carries it
     * @param figures null where the link is down
     * @param problem why it is down, and what to do; empty where it is up
     */
    private record Link(
            int rank,
            InetSocketAddress to,
            @Nullable LocalEnd local,
            String by,
            LinkSurvey.@Nullable Figures figures,
            String problem) {}

    /** Measures all of them, as the other nodes do at the same time. */
    static PeerLinks measure(Peers peers, Duration wait, Duration each) throws IOException {
        Peers.Group group = peers.groupOfSome();
        byte[] secret = peers.secret();
        peers.warn(group);
        var times = new LinkSurvey.Times(wait, each);
        var links = new ArrayList<Link>();
        System.err.println("penstock: waiting for the other " + (group.size() - 1) + " to run this, too: up to "
                + wait.toSeconds() + " s");
        try (Device device = group.open();
                var survey = LinkSurvey.gather(
                        CollectiveBootstrap.listen(device, group.listening()),
                        group.rank(),
                        group.addresses(),
                        secret,
                        times)) {
            for (int other : LinkSurvey.order(group.rank(), group.size())) {
                links.add(look(survey, group, other));
            }
        }
        links.sort(Comparator.comparingInt(Link::rank));
        return new PeerLinks(links);
    }

    private static Link look(LinkSurvey survey, Peers.Group group, int other) {
        InetSocketAddress to = group.addresses().get(other);
        String provider = group.ways().getFirst().provider();
        LocalEnd local;
        String by;
        try {
            var source = RdmaDevices.sourceAddressTo(to.getAddress());
            local = LocalEnd.of(source);
            by = RdmaDevices.choose(source, provider).toString();
        } catch (IOException e) {
            return new Link(other, to, null, provider, null, group.problems().getOrDefault(other, Main.describe(e)));
        }
        String wrong = group.problems().get(other);
        if (wrong != null) {
            return new Link(other, to, local, by, null, wrong);
        }
        String problem = survey.problem(other);
        if (problem != null) {
            return new Link(other, to, local, by, null, problem + hint(local));
        }
        try {
            return new Link(other, to, local, by, survey.measure(other), "");
        } catch (CollectiveException e) {
            return new Link(other, to, local, by, null, Main.describe(e) + hint(local));
        }
    }

    private static String hint(LocalEnd local) {
        return "; is the cable in " + local.name() + " at both ends, and was this started there, with the same secret?";
    }

    @Override
    public boolean allUp() {
        return links.stream().allMatch(link -> link.figures != null);
    }

    @Override
    public void print() {
        System.out.printf(
                Locale.ROOT,
                "%4s %-22s %-22s %6s %-22s %12s %10s %10s%n",
                "rank",
                "to",
                "from",
                "mtu",
                "by",
                "round trip",
                "sending",
                "receiving");
        for (Link link : links) {
            System.out.printf(
                    Locale.ROOT,
                    "%4d %-22s %-22s %6d ",
                    link.rank,
                    Addresses.show(link.to),
                    link.local == null ? "" : link.local,
                    link.local == null ? 0 : link.local.mtu());
            var figures = link.figures;
            if (figures == null) {
                System.out.println("down: " + link.problem);
            } else {
                System.out.printf(
                        Locale.ROOT,
                        "%-22s %9.0f us %10s %10s%n",
                        link.by,
                        figures.roundTripNanos() / 1e3,
                        Links.speed(figures.sending()),
                        Links.speed(figures.receiving()));
            }
        }
        System.out.println("each link alone, and one direction after the other");
    }

    @Override
    public List<Map<String, Object>> objects() {
        return links.stream().map(PeerLinks::fields).toList();
    }

    private static Map<String, Object> fields(Link link) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("rank", link.rank);
        fields.put("to", Addresses.show(link.to));
        LocalEnd.put(link.local, fields);
        fields.put("up", link.figures != null);
        fields.put("device", link.by);
        if (link.figures == null) {
            fields.put("problem", link.problem);
        } else {
            fields.put("roundTripNanos", link.figures.roundTripNanos());
            fields.put("sendingBytesPerSecond", Math.round(link.figures.sending()));
            fields.put("receivingBytesPerSecond", Math.round(link.figures.receiving()));
        }
        return fields;
    }
}
