package dev.penstock.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.tools.doctor.Finding.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks against outputs in the form that users of such machines have published, and what is changed in them. */
class DoctorTest {
    private final Outputs mac = new Outputs();
    private final Outputs linux = new Outputs();

    @BeforeEach
    void aMacAndALinuxBoxThatAreAsTheyShouldBe() {
        mac.says("enabled\n", "rdma_ctl", "status");
        mac.says("26.3\n", "sw_vers", "-productVersion");
        mac.says(resource("thunderbolt.txt"), "system_profiler", "SPThunderboltDataType");
        mac.says("Hardware:\n\n      Model Name: Mac mini\n", "system_profiler", "SPHardwareDataType");
        mac.says(resource("ifconfig.txt"), "ifconfig", "-a");
        mac.says(
                "Hardware Port: Ethernet\nDevice: en0\n\nHardware Port: Thunderbolt 1\nDevice: en2\nEthernet Address: 02\n\n"
                        + "Hardware Port: Thunderbolt 2\nDevice: en3\n\nHardware Port: Thunderbolt Bridge\nDevice: bridge0\n",
                "networksetup",
                "-listallhardwareports");
        mac.says("    device          \t   node GUID\n    ------\n    rdma_en2\t0200000000000012\n", "ibv_devices");
        mac.says(
                "System-wide power settings:\nCurrently in use:\n standby              0\n sleep                0\n",
                "pmset",
                "-g");
        linux.files.put(
                "/proc/self/limits",
                "Limit   Soft Limit  Hard Limit  Units\n"
                        + "Max locked memory         unlimited            unlimited            bytes\n");
        linux.files.put("/proc/self/status", "Name:\tjava\nUid:\t1000\t1000\t1000\t1000\n");
        String port = "/sys/class/infiniband/mlx5_0/ports/1/";
        linux.files.put(port + "state", "4: ACTIVE\n");
        linux.files.put(port + "gids/0", "fe80:0000:0000:0000:0000:00ff:fe00:0001\n");
        linux.files.put(port + "gids/1", "0000:0000:0000:0000:0000:ffff:0a4d:0101\n");
        linux.files.put(port + "gids/2", "0000:0000:0000:0000:0000:0000:0000:0000\n");
        linux.files.put(port + "gid_attrs/ndevs/0", "enp1s0\n");
        linux.files.put("/sys/class/net/enp1s0/mtu", "9000\n");
    }

    @Test
    void aMacThatIsReadyHasNothingToMend() {
        assertThat(wrong(mac("26.3"))).isEmpty();
        assertThat(find(mac("26.3"), "speed of the cables").detail()).isEqualTo("Mac Studio 80 Gb/s");
        assertThat(find(mac("26.3"), "an address for each cable").detail()).isEqualTo("10.77.1.1");
    }

    @Test
    void theChecksComeInTheOrderInWhichToMend() {
        assertThat(mac("26.3").stream().map(Finding::subject))
                .containsExactly(
                        "RDMA enabled",
                        "version of macOS",
                        "the same macOS on all",
                        "Thunderbolt 5",
                        "Thunderbolt Bridge",
                        "an address for each cable",
                        "the port beside Ethernet",
                        "speed of the cables",
                        "devices",
                        "protection domains left behind",
                        "sleep");
    }

    @Test
    void whatIsNotThereIsSaidNotToBeChecked() {
        List<Finding> findings = Doctor.examine(new Outputs(), "Mac OS X", List.of());
        assertThat(findings).hasSize(11);
        assertThat(findings.stream().filter(f -> f.verdict() == Verdict.GOOD)).hasSizeLessThan(2);
        assertThat(find(findings, "RDMA enabled").verdict()).isEqualTo(Verdict.NOT_CHECKED);
        assertThat(find(findings, "Thunderbolt 5").verdict()).isEqualTo(Verdict.NOT_CHECKED);
    }

    @Test
    void eachThingThatIsWrongIsFound() {
        mac.says("disabled\n", "rdma_ctl", "status");
        assertThat(wrong(mac("26.3"))).containsExactly("RDMA enabled");
        mac.says("enabled\n", "rdma_ctl", "status");
        assertThat(wrong(mac("26.2", "26.3"))).containsExactly("the same macOS on all");
        mac.says("26.1.1\n", "sw_vers", "-productVersion");
        assertThat(wrong(mac("26.1.1"))).containsExactly("version of macOS");
        mac.says("15.5\n", "sw_vers", "-productVersion");
        assertThat(wrong(mac())).containsExactly("version of macOS");
    }

    @Test
    void slowCablesAndOldPortsAreFound() {
        String slow = resource("thunderbolt.txt").replace("Speed: 80 Gb/s", "Speed: 40 Gb/s");
        mac.says(slow, "system_profiler", "SPThunderboltDataType");
        assertThat(wrong(mac())).containsExactly("speed of the cables");
        mac.says(slow.replace("Up to 80", "Up to 40"), "system_profiler", "SPThunderboltDataType");
        assertThat(wrong(mac())).containsExactly("Thunderbolt 5", "speed of the cables");
        mac.says(
                resource("thunderbolt.txt").replace("Service Key: rdma", ""),
                "system_profiler",
                "SPThunderboltDataType");
        assertThat(find(mac(), "speed of the cables").detail())
                .contains("Mac Studio in receptacle 3 does not offer RDMA");
    }

    @Test
    void bridgesAndAddressesThatStandInTheWayAreFound() {
        String bridged = resource("ifconfig.txt").replace("member: en3", "member: en2");
        mac.says(bridged, "ifconfig", "-a");
        assertThat(wrong(mac())).containsExactly("Thunderbolt Bridge");
        mac.says(resource("ifconfig.txt").replace("\tinet 10.77.1.1 netmask", "\tnot"), "ifconfig", "-a");
        assertThat(wrong(mac())).containsExactly("an address for each cable");
        String both = resource("ifconfig.txt")
                .replace("status: inactive\nbridge0", "inet 10.77.1.2 netmask 0xfffffffc\n\tstatus: active\nbridge0")
                .replace("member: en3", "member: en9");
        mac.says(both, "ifconfig", "-a");
        assertThat(wrong(mac())).containsExactly("an address for each cable", "devices");
    }

    @Test
    void aMacStudioIsAskedToLookAtItsPort() {
        mac.says("      Model Name: Mac Studio\n", "system_profiler", "SPHardwareDataType");
        Finding port = find(mac(), "the port beside Ethernet");
        assertThat(port.verdict()).isEqualTo(Verdict.NOT_CHECKED);
        assertThat(port.detail()).contains("receptacles 3");
    }

    @Test
    void aMacThatFallsAsleepIsDoubtful() {
        mac.says(" sleep                10 (sleep prevented by coreaudiod)\n", "pmset", "-g");
        assertThat(find(mac(), "sleep").verdict()).isEqualTo(Verdict.DOUBTFUL);
    }

    @Test
    void aLinuxBoxThatIsReadyHasNothingToMend() {
        List<Finding> findings = Doctor.examine(linux, "Linux", List.of());
        assertThat(findings).hasSize(4).allMatch(f -> f.verdict() == Verdict.GOOD);
        assertThat(find(findings, "GIDs of mlx5_0 port 1").detail()).isEqualTo("2, 1 of them of IPv4 addresses");
    }

    @Test
    void whatIsWrongOnLinuxIsFound() {
        linux.files.put(
                "/proc/self/limits", "Max locked memory         8388608              8388608              bytes\n");
        linux.files.put("/sys/class/net/enp1s0/mtu", "1500\n");
        List<Finding> findings = Doctor.examine(linux, "Linux", List.of());
        assertThat(wrong(findings)).containsExactly("memory that may be locked");
        assertThat(find(findings, "MTU of mlx5_0 port 1").verdict()).isEqualTo(Verdict.DOUBTFUL);
        linux.files.put("/sys/class/infiniband/mlx5_0/ports/1/state", "1: DOWN\n");
        assertThat(wrong(Doctor.examine(linux, "Linux", List.of()))).contains("mlx5_0 port 1");
        assertThat(find(Doctor.examine(new Outputs(), "Linux", List.of()), "devices")
                        .verdict())
                .isEqualTo(Verdict.DOUBTFUL);
    }

    @Test
    void anythingMayBePrinted() {
        for (String text : List.of("", "\0", "Bus 1 Bus 2:\n  :", "x".repeat(10_000), "inet 999.1.1.1 netmask 0xzz")) {
            assertThat(ThunderboltPorts.parse(text)).hasSizeLessThan(2);
            assertThat(Interfaces.parse(text)).isEmpty();
        }
    }

    private List<Finding> mac(String... peers) {
        return Doctor.examine(mac, "Mac OS X", List.of(peers));
    }

    private static List<String> wrong(List<Finding> findings) {
        return findings.stream()
                .filter(f -> f.verdict() == Verdict.WRONG)
                .peek(f -> assertThat(f.remedy()).as(f.subject()).isNotEmpty())
                .map(Finding::subject)
                .toList();
    }

    private static Finding find(List<Finding> findings, String subject) {
        return findings.stream()
                .filter(f -> f.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    private static String resource(String name) {
        try (var in = DoctorTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A machine that is not here. */
    private static final class Outputs implements Machine {
        private final Map<List<String>, String> commands = new HashMap<>();
        private final Map<String, String> files = new HashMap<>();

        void says(String text, String... command) {
            commands.put(List.of(command), text);
        }

        @Override
        public Optional<String> output(String... command) {
            return Optional.ofNullable(commands.get(List.of(command)));
        }

        @Override
        public Optional<String> text(String path) {
            return Optional.ofNullable(files.get(path));
        }

        @Override
        public List<String> names(String folder) {
            String start = folder.endsWith("/") ? folder : folder + "/";
            var names = new TreeSet<String>();
            for (String file : files.keySet()) {
                if (file.startsWith(start)) {
                    names.add(file.substring(start.length()).split("/", 2)[0]);
                }
            }
            return List.copyOf(names);
        }
    }
}
