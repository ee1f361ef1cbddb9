package dev.penstock.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Network interfaces, from what {@code ifconfig} of macOS prints. */
final class Interfaces {
    private static final Pattern HEAD = Pattern.compile("^([a-z]+[0-9]+): flags=.*?(?:mtu (\\d+))?$");
    private static final Pattern INET = Pattern.compile("inet (\\d+\\.\\d+\\.\\d+\\.\\d+) netmask 0x([0-9a-f]{8})");
    private static final Pattern MEMBER = Pattern.compile("member: ([a-z]+[0-9]+)");

    private Interfaces() {}

    /** An address and the network that it is in. */
    record Address(String text, int bits, int mask) {
        boolean sameNetwork(Address other) {
            return (bits & mask) == (other.bits & mask) || (bits & other.mask) == (other.bits & other.mask);
        }
    }

    /**
     * An interface.
     *
     * @param active whether there is a link
     * @param members of a bridge
     */
    record Interface(String name, boolean active, List<Address> addresses, List<String> members) {}

    static List<Interface> parse(String text) {
        var all = new ArrayList<Interface>();
        String name = null;
        boolean active = false;
        var addresses = new ArrayList<Address>();
        var members = new ArrayList<String>();
        for (String line : text.lines().toList()) {
            Matcher head = HEAD.matcher(line);
            if (head.matches()) {
                if (name != null) {
                    all.add(new Interface(name, active, List.copyOf(addresses), List.copyOf(members)));
                }
                name = head.group(1);
                active = false;
                addresses.clear();
                members.clear();
                continue;
            }
            String stripped = line.strip().toLowerCase(Locale.ROOT);
            Matcher inet = INET.matcher(stripped);
            Matcher member = MEMBER.matcher(stripped);
            if (inet.find()) {
                addresses.add(
                        new Address(inet.group(1), number(inet.group(1)), Integer.parseUnsignedInt(inet.group(2), 16)));
            } else if (member.find()) {
                members.add(member.group(1));
            } else if (stripped.equals("status: active")) {
                active = true;
            }
        }
        if (name != null) {
            all.add(new Interface(name, active, List.copyOf(addresses), List.copyOf(members)));
        }
        return List.copyOf(all);
    }

    private static int number(String dotted) {
        int bits = 0;
        for (String part : dotted.split("\\.", -1)) {
            bits = bits << 8 | Integer.parseInt(part) & 0xff;
        }
        return bits;
    }
}
