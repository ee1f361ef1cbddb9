package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RailChoiceTest {
    private static final long G = 1_000_000_000;

    private static final List<OwnNetwork> OWN = List.of(
            own("127.0.0.1", 8),
            own("192.168.1.20", 24),
            own("10.77.1.2", 30),
            own("10.77.2.2", 30),
            own("172.17.0.1", 16),
            own("fd00::20", 64));

    private static InetAddress at(String literal) {
        return InetAddress.ofLiteral(literal);
    }

    private static OwnNetwork own(String address, int bits) {
        return new OwnNetwork(at(address), bits);
    }

    private static ServerInterface offer(int index, String address, long gigabits, boolean rdma) {
        return new ServerInterface(index, rdma, gigabits * G, at(address));
    }

    private static RailChoice choose(boolean rdma, int most, String first, ServerInterface... offered) {
        return RailChoice.of(List.of(offered), OWN, at(first), rdma, most);
    }

    private static Stream<String> hosts(RailChoice choice) {
        return choice.others().stream().map(way -> way.address().getHostAddress());
    }

    @Test
    void everyCableOfThisMachineThatLeadsThereIsUsedTheFastestFirst() {
        var choice = choose(
                true,
                7,
                "10.77.1.1",
                offer(2, "10.77.1.1", 40, true),
                offer(4, "192.168.1.1", 10, true),
                offer(3, "10.77.2.1", 40, true));
        assertThat(hosts(choice)).containsExactly("10.77.2.1", "192.168.1.1");
        assertThat(choice.firstIsReserve()).isFalse();
        assertThat(choice.others()).noneMatch(RailChoice.Way::reserve);
    }

    @Test
    void noAddressIsTakenFromOutsideTheNetworksOfThisMachine() {
        var choice = choose(
                false,
                7,
                "192.168.1.1",
                offer(2, "192.168.1.1", 1, false),
                offer(3, "10.77.3.1", 40, false),
                offer(4, "8.8.8.8", 40, false),
                offer(5, "192.168.2.1", 40, false),
                offer(6, "fd00:1::1", 40, false));
        assertThat(choice.others()).isEmpty();
    }

    @Test
    void anAddressThatThisMachineHasItselfLeadsToThisMachine() {
        var choice =
                choose(false, 7, "192.168.1.1", offer(3, "172.17.0.1", 40, false), offer(1, "127.0.0.1", 40, false));
        assertThat(choice.others()).isEmpty();
    }

    @Test
    void twoAddressesOnOneCableAreOneWay() {
        var choice = choose(
                true,
                7,
                "192.168.1.1",
                offer(2, "fd00::1", 1, true),
                offer(2, "192.168.1.1", 1, true),
                offer(3, "fd00::2", 1, true),
                offer(3, "192.168.1.2", 1, true));
        assertThat(hosts(choice)).containsExactly("192.168.1.2");
    }

    @Test
    void smbDirectGoesByInterfacesThatDoRdmaOnly() {
        var offered = new ServerInterface[] {
            offer(2, "192.168.1.1", 1, true), offer(3, "10.77.1.1", 40, false), offer(4, "10.77.2.1", 40, true)
        };
        assertThat(hosts(choose(true, 7, "192.168.1.1", offered))).containsExactly("10.77.2.1");
        assertThat(hosts(choose(false, 7, "192.168.1.1", offered))).containsExactly("10.77.1.1", "10.77.2.1");
    }

    @Test
    void aMuchSlowerWayIsAReserve() {
        var byTheSlow =
                choose(true, 7, "192.168.1.1", offer(2, "192.168.1.1", 1, true), offer(3, "10.77.1.1", 40, true));
        assertThat(byTheSlow.firstIsReserve()).isTrue();
        assertThat(byTheSlow.others()).noneMatch(RailChoice.Way::reserve);
        var byTheFast = choose(true, 7, "10.77.1.1", offer(2, "192.168.1.1", 1, true), offer(3, "10.77.1.1", 40, true));
        assertThat(byTheFast.firstIsReserve()).isFalse();
        assertThat(byTheFast.others()).allMatch(RailChoice.Way::reserve);
        var unknown = choose(true, 7, "192.168.1.1", offer(2, "192.168.1.1", 0, true), offer(3, "10.77.1.1", 40, true));
        assertThat(unknown.firstIsReserve()).isFalse();
    }

    @Test
    void thereAreNotMoreThanAreAllowed() {
        var choice = choose(
                true,
                1,
                "192.168.1.1",
                offer(2, "192.168.1.1", 10, true),
                offer(3, "10.77.1.1", 10, true),
                offer(4, "10.77.2.1", 40, true));
        assertThat(hosts(choice)).containsExactly("10.77.2.1");
    }

    @Test
    void aServerOnThisMachineIsReachedByItsOwnAddresses() {
        assertThat(hosts(choose(
                        false, 7, "127.0.0.1", offer(1, "127.0.0.1", 10, false), offer(2, "192.168.1.20", 10, false))))
                .isEmpty();
        assertThat(hosts(choose(
                        false,
                        7,
                        "192.168.1.20",
                        offer(2, "192.168.1.20", 10, false),
                        offer(3, "10.77.1.2", 10, false),
                        offer(3, "10.77.1.1", 10, false))))
                .containsExactly("10.77.1.2");
    }
}
