package dev.penstock.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** RDMA adapters on Linux, by what the kernel shows below /sys and /proc. */
final class LinuxChecks {
    private static final String CLASS = "/sys/class/infiniband/";
    private static final Pattern LOCKED =
            Pattern.compile("(?m)^Max locked memory\\s+(unlimited|\\d+)\\s+(unlimited|\\d+)");
    private static final Pattern USER = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)");

    /** The payload memory that a store registers, and the model of a node beside it. */
    private static final long ENOUGH_LOCKED = 1L << 30;

    /** What an InfiniBand or RoCE packet of 4096 bytes needs on Ethernet. */
    private static final int ETHERNET_MTU = 4200;

    private static final String NO_GID = "0000:0000:0000:0000:0000:0000:0000:0000";

    private final Machine machine;

    LinuxChecks(Machine machine) {
        this.machine = machine;
    }

    List<Finding> run() {
        var findings = new ArrayList<Finding>();
        findings.add(lockedMemory());
        List<String> devices = machine.names(CLASS);
        if (devices.isEmpty()) {
            findings.add(Finding.doubtful(
                    "devices",
                    "the kernel knows no RDMA adapter; iWARP in user space will do",
                    "to try one without hardware: rdma link add siw0 type siw netdev eth0"));
        }
        for (String device : devices) {
            for (String port : machine.names(CLASS + device + "/ports")) {
                port(findings, device, port);
            }
        }
        return List.copyOf(findings);
    }

    private Finding lockedMemory() {
        String subject = "memory that may be locked";
        Matcher limit = LOCKED.matcher(machine.text("/proc/self/limits").orElse(""));
        if (!limit.find()) {
            return Finding.notChecked(subject, "/proc/self/limits does not say");
        }
        Matcher user = USER.matcher(machine.text("/proc/self/status").orElse(""));
        if (limit.group(1).equals("unlimited")) {
            return Finding.good(subject, "unlimited");
        }
        if (user.find() && user.group(1).equals("0")) {
            return Finding.good(subject, "root needs no limit");
        }
        long bytes = Long.parseLong(limit.group(1));
        return bytes >= ENOUGH_LOCKED
                ? Finding.good(subject, (bytes >> 20) + " MiB")
                : Finding.wrong(
                        subject,
                        (bytes >> 20) + " MiB, which adapters cannot register the store's memory with",
                        "echo '* - memlock unlimited' | sudo tee /etc/security/limits.d/penstock.conf, and log in anew");
    }

    private void port(List<Finding> findings, String device, String port) {
        String at = CLASS + device + "/ports/" + port + "/";
        String name = device + " port " + port;
        Optional<String> state = machine.text(at + "state").map(String::strip);
        if (state.isEmpty()) {
            findings.add(Finding.notChecked(name, at + "state cannot be read"));
            return;
        }
        if (!state.get().endsWith("ACTIVE")) {
            findings.add(
                    Finding.wrong(name, "is " + state.get(), "ip link set up what is below it, and see to the cable"));
            return;
        }
        findings.add(Finding.good(name, state.get()));
        findings.add(gids(at, name));
        findings.add(mtu(at, name));
    }

    private Finding gids(String at, String name) {
        String subject = "GIDs of " + name;
        List<String> gids = machine.names(at + "gids").stream()
                .map(index -> machine.text(at + "gids/" + index).orElse("").strip())
                .filter(gid -> !gid.isEmpty() && !gid.equals(NO_GID))
                .toList();
        if (gids.isEmpty()) {
            return Finding.wrong(subject, "there is none", "give the interface below it an address");
        }
        long mapped = gids.stream()
                .filter(gid -> gid.startsWith("0000:0000:0000:0000:0000:ffff"))
                .count();
        return Finding.good(subject, gids.size() + ", " + mapped + " of them of IPv4 addresses");
    }

    private Finding mtu(String at, String name) {
        String subject = "MTU of " + name;
        Optional<String> below = machine.names(at + "gid_attrs/ndevs").stream()
                .map(index ->
                        machine.text(at + "gid_attrs/ndevs/" + index).orElse("").strip())
                .filter(netdev -> !netdev.isEmpty())
                .findFirst();
        Optional<String> mtu = below.flatMap(netdev -> machine.text("/sys/class/net/" + netdev + "/mtu"))
                .map(String::strip);
        if (mtu.isEmpty() || !mtu.get().matches("\\d{1,6}")) {
            return Finding.notChecked(subject, "the kernel does not tell which interface is below it");
        }
        return Integer.parseInt(mtu.get()) >= ETHERNET_MTU
                ? Finding.good(subject, mtu.get())
                : Finding.doubtful(
                        subject,
                        mtu.get() + ", too little for packets of 4096 bytes",
                        "ip link set dev " + below.orElseThrow() + " mtu 9000, at both ends");
    }
}
