package dev.penstock.tools.doctor;

import dev.penstock.tools.doctor.Interfaces.Address;
import dev.penstock.tools.doctor.Interfaces.Interface;
import dev.penstock.tools.doctor.ThunderboltPorts.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RDMA over Thunderbolt on a Mac: Apple's technical note TN3205, and what users of such machines ran into. The checks were written from the
 * documentation and from outputs that users have published; nothing of them has run on a Mac.
 */
final class MacChecks {
    /** The first macOS that has it. */
    private static final int FIRST_MAJOR = 26;

    private static final int FIRST_MINOR = 2;
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final Pattern HARDWARE_PORT =
            Pattern.compile("Hardware Port: (Thunderbolt \\d+)\\s+Device: ([a-z]+\\d+)");
    private static final Pattern SLEEP = Pattern.compile("(?m)^\\s*sleep\\s+(\\d+)");

    private final Machine machine;
    private final List<String> versionsOfPeers;

    MacChecks(Machine machine, List<String> versionsOfPeers) {
        this.machine = machine;
        this.versionsOfPeers = versionsOfPeers;
    }

    List<Finding> run() {
        var findings = new ArrayList<Finding>();
        findings.add(enabled());
        findings.add(version());
        findings.add(peersVersions());
        Optional<List<Port>> ports =
                machine.output("system_profiler", "SPThunderboltDataType").map(ThunderboltPorts::parse);
        Optional<List<Interface>> interfaces = machine.output("ifconfig", "-a").map(Interfaces::parse);
        List<String> cables = interfaces.isPresent() ? cables(interfaces.get()) : List.of();
        findings.add(ports.map(MacChecks::thunderbolt5).orElse(unseen("Thunderbolt 5", "system_profiler")));
        findings.add(interfaces.map(all -> bridge(all, cables)).orElse(unseen("Thunderbolt Bridge", "ifconfig")));
        findings.add(
                interfaces.map(all -> addresses(all, cables)).orElse(unseen("an address for each cable", "ifconfig")));
        findings.add(besideEthernet(ports.orElse(List.of())));
        findings.add(ports.map(MacChecks::speed).orElse(unseen("speed of the cables", "system_profiler")));
        findings.add(devices(cables));
        findings.add(Finding.notChecked(
                "protection domains left behind",
                "macOS does not tell how many are in use. If 'penstock devices' says that none can be had though all above"
                        + " is well, processes that were killed have kept them: a restart gives them back"));
        findings.add(sleep());
        return List.copyOf(findings);
    }

    private static Finding unseen(String subject, String command) {
        return Finding.notChecked(subject, command + " gave nothing");
    }

    private Finding enabled() {
        String subject = "RDMA enabled";
        Optional<String> status = machine.output("rdma_ctl", "status");
        if (status.isEmpty()) {
            return Finding.notChecked(subject, "there is no rdma_ctl, which comes with macOS 26.2");
        }
        String text = status.get().strip().toLowerCase(Locale.ROOT);
        return text.contains("enabled")
                ? Finding.good(subject, "rdma_ctl says so")
                : Finding.wrong(
                        subject,
                        "rdma_ctl says '" + text + "'",
                        "start into Recovery, open Terminal there, 'rdma_ctl enable', restart");
    }

    private Optional<String> ownVersion() {
        return machine.output("sw_vers", "-productVersion").map(String::strip);
    }

    private Finding version() {
        String subject = "version of macOS";
        Optional<String> own = ownVersion();
        Matcher version = VERSION.matcher(own.orElse(""));
        if (!version.matches()) {
            return unseen(subject, "sw_vers");
        }
        int major = Integer.parseInt(version.group(1));
        boolean recent =
                major > FIRST_MAJOR || (major == FIRST_MAJOR && Integer.parseInt(version.group(2)) >= FIRST_MINOR);
        return recent
                ? Finding.good(subject, own.get())
                : Finding.wrong(subject, own.get() + ", and 26.2 is the first with RDMA", "softwareupdate --list");
    }

    private Finding peersVersions() {
        String subject = "the same macOS on all";
        Optional<String> own = ownVersion();
        if (versionsOfPeers.isEmpty() || own.isEmpty()) {
            return Finding.notChecked(subject, "give the others' versions by --peer-os, from 'sw_vers' there");
        }
        List<String> others =
                versionsOfPeers.stream().filter(v -> !v.equals(own.get())).toList();
        return others.isEmpty()
                ? Finding.good(subject, own.get())
                : Finding.wrong(
                        subject,
                        own.get() + " here, " + String.join(", ", others) + " there",
                        "update all to one version");
    }

    private static Finding thunderbolt5(List<Port> ports) {
        String subject = "Thunderbolt 5";
        int most = ports.stream().mapToInt(Port::gigabits).max().orElse(0);
        if (most == 0) {
            return Finding.notChecked(subject, "no port says how fast it is");
        }
        return most >= ThunderboltPorts.THUNDERBOLT_5
                ? Finding.good(subject, "a port does " + most + " Gb/s")
                : Finding.wrong(
                        subject,
                        "the fastest port does " + most + " Gb/s, and RDMA needs Thunderbolt 5",
                        "none on this machine: it takes part over TCP");
    }

    /** Interfaces of Thunderbolt ports that have a link. */
    private List<String> cables(List<Interface> interfaces) {
        var thunderbolt = new ArrayList<String>();
        Matcher port = HARDWARE_PORT.matcher(
                machine.output("networksetup", "-listallhardwareports").orElse(""));
        while (port.find()) {
            thunderbolt.add(port.group(2));
        }
        return interfaces.stream()
                .filter(one -> one.active() && thunderbolt.contains(one.name()))
                .map(Interface::name)
                .toList();
    }

    private static Finding bridge(List<Interface> interfaces, List<String> cables) {
        String subject = "Thunderbolt Bridge";
        for (Interface one : interfaces) {
            List<String> inside =
                    one.members().stream().filter(cables::contains).toList();
            if (!inside.isEmpty()) {
                return Finding.wrong(
                        subject,
                        one.name() + " has " + String.join(", ", inside) + " in it, which RDMA cannot use then",
                        "sudo networksetup -setnetworkserviceenabled 'Thunderbolt Bridge' off");
            }
        }
        return cables.isEmpty()
                ? Finding.notChecked(subject, "no Thunderbolt interface has a link")
                : Finding.good(subject, "none of " + String.join(", ", cables) + " is in a bridge");
    }

    private static Finding addresses(List<Interface> interfaces, List<String> cables) {
        String subject = "an address for each cable";
        if (cables.isEmpty()) {
            return Finding.notChecked(subject, "no Thunderbolt interface has a link");
        }
        var seen = new ArrayList<Address>();
        for (Interface one : interfaces) {
            if (!cables.contains(one.name())) {
                continue;
            }
            if (one.addresses().isEmpty()) {
                return Finding.wrong(
                        subject,
                        one.name() + " has no IPv4 address",
                        "sudo ifconfig " + one.name() + " inet 10.77.1.1/30 (penstock fabric plan says which)");
            }
            Address address = one.addresses().getFirst();
            if (seen.stream().anyMatch(address::sameNetwork)) {
                return Finding.wrong(
                        subject,
                        one.name() + " is in the same network as another cable",
                        "give each cable a network of its own: penstock fabric plan");
            }
            seen.add(address);
        }
        return Finding.good(
                subject, String.join(", ", seen.stream().map(Address::text).toList()));
    }

    private Finding besideEthernet(List<Port> ports) {
        String subject = "the port beside Ethernet";
        boolean studio = machine.output("system_profiler", "SPHardwareDataType")
                .orElse("")
                .contains("Model Name: Mac Studio");
        if (!studio) {
            return Finding.good(subject, "only a Mac Studio has one that RDMA cannot use");
        }
        List<String> used = ports.stream()
                .filter(Port::connected)
                .map(Port::receptacle)
                .sorted()
                .toList();
        return Finding.notChecked(
                subject,
                "cables are in receptacles " + String.join(", ", used)
                        + "; see that none of them is the one beside the Ethernet socket, which RDMA cannot use");
    }

    private static Finding speed(List<Port> ports) {
        String subject = "speed of the cables";
        List<Port> machines =
                ports.stream().filter(p -> p.connected() && p.peer() != null).toList();
        if (machines.isEmpty()) {
            return Finding.wrong(subject, "no cable leads to another machine", "plug one in");
        }
        for (Port port : machines) {
            if (port.gigabits() > 0 && port.gigabits() < ThunderboltPorts.THUNDERBOLT_5) {
                return Finding.wrong(
                        subject,
                        "receptacle " + port.receptacle() + " runs at " + port.gigabits() + " Gb/s",
                        "take a Thunderbolt 5 cable, of at most a metre if it is passive");
            }
            if (!port.offersRdma()) {
                return Finding.wrong(
                        subject,
                        port.peer() + " in receptacle " + port.receptacle() + " does not offer RDMA",
                        "run penstock doctor there");
            }
        }
        return Finding.good(
                subject,
                String.join(
                        ", ",
                        machines.stream()
                                .map(p -> p.peer() + " " + p.gigabits() + " Gb/s")
                                .toList()));
    }

    private Finding devices(List<String> cables) {
        String subject = "devices";
        Optional<String> listed = machine.output("ibv_devices");
        if (listed.isEmpty()) {
            return unseen(subject, "ibv_devices");
        }
        List<String> missing = cables.stream()
                .filter(cable -> !Pattern.compile("\\brdma_" + cable + "\\b")
                        .matcher(listed.get())
                        .find())
                .toList();
        return missing.isEmpty()
                ? Finding.good(subject, "each cable has one")
                : Finding.wrong(
                        subject, "none for " + String.join(", ", missing), "mend what is wrong above, then restart");
    }

    private Finding sleep() {
        String subject = "sleep";
        Matcher sleep = SLEEP.matcher(machine.output("pmset", "-g").orElse(""));
        if (!sleep.find()) {
            return unseen(subject, "pmset");
        }
        return sleep.group(1).equals("0")
                ? Finding.good(subject, "never while idle")
                : Finding.doubtful(
                        subject,
                        "after " + sleep.group(1) + " minutes, and RDMA does not wake it",
                        "sudo pmset -a sleep 0");
    }
}
