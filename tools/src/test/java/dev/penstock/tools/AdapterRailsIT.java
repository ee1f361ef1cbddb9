package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store and its client on two machines with four cables and an adapter at each end of each, by verbs: in the middle of a put, and of reads, a
 * cable is taken out, without a word to anybody as cables are, or with the interface going down; and comes back. Guests that are joined by tap
 * devices, for which it takes root's rights.
 */
class AdapterRailsIT {
    private static final int MEBIBYTES = 32;
    private static final int SECONDS = 200;

    @TempDir
    Path temporary;

    private final String namespace = "penstr-" + ProcessHandle.current().pid();

    @BeforeEach
    void join() throws IOException {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "no /dev/net/tun");
        var made = Tool.run(20, Map.of(), List.of("ip", "netns", "add", namespace));
        Assumptions.assumeTrue(made.status() == 0, "no network namespaces here: " + made.output());
        String ip = "ip -n " + namespace + " ";
        String bridge = ip + "link add br0 type bridge && " + ip + "link set br0 mtu 9000 up";
        String taps = "for t in t0 t1; do " + ip + "tuntap add $t mode tap && " + ip
                + "link set $t mtu 9000 master br0 up || exit 1; done";
        Tool.run(20, Map.of(), List.of("/bin/bash", "-c", bridge + " && " + taps))
                .succeeded();
    }

    @AfterEach
    void part() throws IOException {
        Tool.run(20, Map.of(), List.of("ip", "netns", "del", namespace));
    }

    private List<String> guest(String role, String tap, String kind) throws IOException {
        var variables = Map.<String, Object>of("ROLE", role, "KIND", kind, "MB", MEBIBYTES);
        var boot = Guest.command(
                "adapter-rails.sh",
                role.equals("store") ? 0 : 1,
                SECONDS,
                variables,
                temporary.resolve(role + ".sh"),
                List.of("-N", role, "-n", tap, "-M", "4300"));
        return Stream.concat(Stream.of("ip", "netns", "exec", namespace), boot.stream())
                .toList();
    }

    @Test
    void transfersOverFourAdaptersAreCompletedByThoseThatAreLeft() throws Exception {
        transfers("rxe");
    }

    @Test
    @Tag("long") // a minute, and what is ours is the same
    void transfersOverFourAdaptersOfTheOtherKindAreCompletedByThoseThatAreLeft() throws Exception {
        transfers("siw");
    }

    private void transfers(String kind) throws Exception {
        Path told = temporary.resolve("store.log");
        var store = new ProcessBuilder(guest("store", "t0", kind))
                .redirectErrorStream(true)
                .redirectOutput(told.toFile())
                .start();
        try {
            var client = Tool.run(SECONDS + 20, Map.of(), guest("client", "t1", kind));
            String said = client.output();
            assertThat(client.status()).as(said + Files.readString(told)).isZero();
            assertThat(store.waitFor(30, TimeUnit.SECONDS))
                    .as(Files.readString(told))
                    .isTrue();
            String served = Files.readString(told);
            said.lines().filter(l -> l.matches("(lost|back|got):.*")).forEach(l -> System.out.println(kind + " " + l));
            var ready = new ArrayList<String>();
            for (int i = 1; i <= 4; i++) {
                ready.add("ready: smb-direct 10.77." + i + ".1:5445 by verbs " + kind + "_c" + i);
                assertThat(said).contains("way: 10.77." + i + ".1");
            }
            assertThat(served).contains(ready);
            assertThat(served.contains(":5445 by iwarp sockets")).as(served).isEqualTo(kind.equals("rxe"));
            assertThat(said).contains("by messages: 0", "all held", "left: \n");
            assertThat(said.lines().filter(l -> l.startsWith("lost: "))).hasSize(3);
            String sum = said.lines()
                    .filter(l -> l.startsWith("sha256: "))
                    .findFirst()
                    .orElseThrow()
                    .substring(8);
            assertThat(served).contains("there: " + sum, "names: done f", "left: \n");
        } finally {
            store.destroy();
            store.waitFor(20, TimeUnit.SECONDS);
        }
    }
}
