package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where sockets listen beside adapters that have the same port for themselves. */
class DirectPortsTest {
    private static final InetAddress ANY = InetAddress.ofLiteral("0.0.0.0");
    private static final List<InetAddress> OWN = Stream.of(
                    "127.0.0.1", "192.0.2.7", "10.77.1.1", "10.77.2.1", "fe80::1", "::1")
            .map(InetAddress::ofLiteral)
            .toList();

    @Test
    void withoutCablesTheyListenAtAllAddressesAlsoThoseThatComeLater() {
        assertThat(DirectPorts.sockets(ANY, OWN, List.of())).containsExactly(ANY);
    }

    @Test
    void besideCablesTheyListenAtEachOtherAddress() {
        assertThat(DirectPorts.sockets(ANY, OWN, OWN.subList(2, 4)))
                .containsExactly(OWN.get(0), OWN.get(1), OWN.get(5));
    }
}
