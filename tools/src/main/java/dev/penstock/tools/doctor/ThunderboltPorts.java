package dev.penstock.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The Thunderbolt ports of a Mac, from the text that {@code system_profiler SPThunderboltDataType} prints. */
final class ThunderboltPorts {
    /** RDMA needs Thunderbolt 5, which runs at 80 Gb/s; Thunderbolt 4 has 40. */
    static final int THUNDERBOLT_5 = 80;

    private static final Pattern FIELD = Pattern.compile("^( *)([^:]+): ?(.*)$");
    private static final Pattern SPEED = Pattern.compile("(\\d+) Gb/s");

    private ThunderboltPorts() {}

    /**
     * A port.
     *
     * @param receptacle the number printed beside it, or empty
     * @param gigabits now, where a cable is in it, else at most; 0 where it does not say
     * @param connected whether something is at the other end
     * @param peer name of a machine at the other end, or null
     * @param offersRdma whether that machine says that it does RDMA
     */
    record Port(
            String receptacle,
            int gigabits,
            boolean connected,
            @Nullable String peer,
            boolean offersRdma) {}

    /** Reads the buses one after the other: each has one port, and below it what is connected. */
    static List<Port> parse(String text) {
        var ports = new ArrayList<Port>();
        String receptacle = "";
        int gigabits = 0;
        boolean connected = false;
        boolean inBus = false;
        String peer = null;
        boolean rdma = false;
        int busIndent = -1;
        for (String line : text.lines().toList()) {
            Matcher field = FIELD.matcher(line);
            if (line.isBlank() || !field.matches()) {
                continue;
            }
            int indent = field.group(1).length();
            String name = field.group(2).strip();
            String value = field.group(3).strip();
            if (name.contains(" Bus ") && value.isEmpty()) {
                if (inBus) {
                    ports.add(new Port(receptacle, gigabits, connected, peer, rdma));
                }
                inBus = true;
                busIndent = indent;
                receptacle = "";
                gigabits = 0;
                connected = false;
                peer = null;
                rdma = false;
                continue;
            }
            switch (name) {
                case "Status" -> connected |= value.equals("Device connected");
                case "Speed" -> gigabits = Math.max(gigabits, speed(value));
                case "Receptacle" -> receptacle = value;
                case "Service Key" -> rdma |= value.equals("rdma");
                default -> {
                    // Whatever is connected has a heading of its own, one step in from its bus.
                    if (inBus && value.isEmpty() && indent == busIndent + 4 && peer == null) {
                        peer = name;
                    }
                }
            }
        }
        if (inBus) {
            ports.add(new Port(receptacle, gigabits, connected, peer, rdma));
        }
        return List.copyOf(ports);
    }

    private static int speed(String value) {
        Matcher speed = SPEED.matcher(value);
        int most = 0;
        while (speed.find()) {
            most = Math.max(most, Integer.parseInt(speed.group(1)));
        }
        return most;
    }
}
