package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the kernel's software adapters, rxe and siw, and over rxe's unreliable connections, in the guest kernel that PENSTOCK_UML names. docs/testing.md says what that is. */
class VerbsGuestIT {
    private static final String SCRIPT = """
            . /guest.sh
            dum dummy0 10.8.0.1
            rxe dummy0
            ip link add dummy1 type dummy
            ip link set dummy1 mtu 9000 address 02:00:00:00:0a:01 up
            ip addr add 10.8.1.1/24 dev dummy1
            siw dummy1
            contract() {
              echo "$1 on $2"
              "$JAVA" -ea -Xmx96m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Dverbs.address=$2 -cp "$CLASSPATH_" \
                dev.penstock.rdma.verbs.GuestTests dev.penstock.rdma.verbs.$1
              failures=$?
              [ $failures = 0 ] || dmesg | tail -30
              echo "failures: $failures"
            }
            contract VerbsContract 10.8.0.1
            contract VerbsContract 10.8.1.1
            contract UcContract 10.8.0.1
            exit 0
            """;

    @TempDir
    Path temporary;

    @Test
    void theContractHoldsOnRxeOnSiwAndOverUnreliableConnections() throws IOException, InterruptedException {
        String guest = System.getenv("PENSTOCK_UML");
        Assumptions.assumeTrue(
                guest != null && Files.isExecutable(Path.of(guest, "umlrun")), "PENSTOCK_UML names no guest kernel");
        String head =
                "JAVA="
                        + inGuest(Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString()) + "\nCLASSPATH_=" + classPath() + "\n";
        Path script = Files.writeString(temporary.resolve("guest.sh"), head + SCRIPT);
        Path output = temporary.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(guest, "umlrun").toString(), "-m", "2048", "-t", "280", script.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(300, TimeUnit.SECONDS);
        String out = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(ended).as(out).isTrue();
        assertThat(out.split("failures: 0", -1)).as(out).hasSize(4);
        assertThat(out).contains("tests: 30 passed", "tests: 27 passed", "tests: 29 passed");
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(VerbsGuestIT::inGuest)
                .collect(Collectors.joining(":"));
    }

    /** The guest sees the host's files at their own paths, but for the folders that it has for itself. */
    private static String inGuest(String path) {
        return path.startsWith("/tmp/") || path.startsWith("/run/") ? "/host" + path : path;
    }
}
