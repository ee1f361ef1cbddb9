package dev.penstock.smb.handler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.handler.HostInterfaces.Address;
import dev.penstock.smb.handler.HostInterfaces.Interface;
import dev.penstock.smb.state.Listening;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** By which ways a client is told that it can come. */
class NetworkInterfacesTest {
    private static final Interface LOOPBACK = of(1, true, false, "127.0.0.1/8", "::1/128");
    private static final Interface ETHERNET = of(2, false, true, "192.168.1.5/24", "fe80::1/64", "2001:db8::5/64");
    private static final Interface CABLE = of(3, false, true, "10.55.0.1/30");
    private static final Interface CONTAINERS = of(4, false, false, "172.17.0.1/16");
    private static final List<Interface> ALL = List.of(LOOPBACK, ETHERNET, CABLE, CONTAINERS);

    private final Listening everywhere = listening("0.0.0.0");

    /** An entry as a client reads it. */
    private record Seen(int next, int index, int capability, long speed, String address) {}

    private static Interface of(int index, boolean loopback, boolean hardware, String... networks) {
        return new Interface(
                index,
                loopback,
                hardware,
                index * 1_000_000_000L,
                Arrays.stream(networks)
                        .map(n -> n.split("/", 2))
                        .map(n -> new Address(InetAddress.ofLiteral(n[0]), Integer.parseInt(n[1])))
                        .toList());
    }

    private static Listening listening(String address) {
        var listening = new Listening();
        listening.forTcp(new InetSocketAddress(InetAddress.ofLiteral(address), 445));
        return listening;
    }

    private static List<Seen> seen(Blob list) throws MalformedMessage {
        var all = new ArrayList<Seen>();
        WireReader in = list.reader();
        for (int at = 0; at < list.length(); at += 152) {
            boolean v4 = in.u16(at + 24) == 2;
            byte[] address =
                    in.blob(in.span(v4 ? at + 28 : at + 32, v4 ? 4 : 16)).toArray();
            String text;
            try {
                text = InetAddress.getByAddress(address).getHostAddress();
            } catch (java.net.UnknownHostException e) {
                throw new AssertionError(e);
            }
            all.add(new Seen(in.i32(at), in.i32(at + 4), in.i32(at + 8), in.i64(at + 16), text));
        }
        return all;
    }

    private List<String> addresses(List<Interface> all, String peer, Listening listening) throws MalformedMessage {
        return seen(NetworkInterfaces.describe(all, peer, listening)).stream()
                .map(Seen::address)
                .toList();
    }

    @Test
    void aClientElsewhereIsToldOfWhatLeadsOutOfThisMachine() throws MalformedMessage {
        assertThat(addresses(ALL, "192.168.1.77", everywhere))
                .containsExactly("192.168.1.5", "2001:db8:0:0:0:0:0:5", "10.55.0.1");
    }

    @Test
    void aGuestOfThisMachineIsToldOfTheNetworkItIsOn() throws MalformedMessage {
        assertThat(addresses(ALL, "172.17.3.4", everywhere)).contains("172.17.0.1");
    }

    @Test
    void aClientOnThisMachineIsToldOfTheLoopbackOnly() throws MalformedMessage {
        assertThat(addresses(ALL, "127.0.0.1", everywhere)).containsExactly("127.0.0.1", "0:0:0:0:0:0:0:1");
    }

    @Test
    void whereNothingHasHardwareBelowItWhatThereIsIsTold() throws MalformedMessage {
        assertThat(addresses(List.of(LOOPBACK, CONTAINERS), "192.168.1.77", everywhere))
                .containsExactly("172.17.0.1");
    }

    @Test
    void whereTheServerDoesNotListenNobodyIsSent() throws MalformedMessage {
        assertThat(addresses(ALL, "192.168.1.77", listening("10.55.0.1"))).containsExactly("10.55.0.1");
        assertThat(NetworkInterfaces.describe(ALL, "192.168.1.77", new Listening())
                        .isEmpty())
                .isTrue();
    }

    @Test
    void anAddressWhereSmbDirectIsReachedIsMarkedSo() throws MalformedMessage {
        var listening = listening("0.0.0.0");
        InetAddress cable = InetAddress.ofLiteral("10.55.0.1");
        listening.forDirect(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 5445), cable::equals);
        assertThat(seen(NetworkInterfaces.describe(ALL, "10.55.0.2", listening)))
                .filteredOn(s -> s.capability() == 2)
                .extracting(Seen::address, Seen::index, Seen::speed)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("10.55.0.1", 3, 3_000_000_000L));
    }

    @Test
    void anAddressThatSmbDirectWasToldToBeAtLeadsOutWhateverItIsMadeOf() throws MalformedMessage {
        InetAddress containers = InetAddress.ofLiteral("172.17.0.1");
        var listening = listening("0.0.0.0");
        listening.forDirect(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 5445), _ -> true);
        assertThat(addresses(ALL, "192.168.1.77", listening)).doesNotContain("172.17.0.1");
        listening.forDirect(new InetSocketAddress(containers, 5445), containers::equals);
        assertThat(addresses(ALL, "192.168.1.77", listening)).contains("172.17.0.1");
    }

    @Test
    @DisplayName(
            "macOS smbfs freed an interface list twice: what it parses is plain, each address once, and the chain ends with the list")
    void theListIsPlain() throws MalformedMessage {
        List<Interface> odd = new ArrayList<>(ALL);
        odd.add(of(9, false, true, "192.168.1.5/24"));
        for (int i = 0; i < 100; i++) {
            odd.add(of(10 + i, false, true, "10.1." + i + ".1/24"));
        }
        List<Seen> list = seen(NetworkInterfaces.describe(odd, "192.168.1.77", everywhere));
        assertThat(list).hasSize(64).extracting(Seen::address).doesNotHaveDuplicates();
        assertThat(list.subList(0, 63)).allMatch(s -> s.next() == 152);
        assertThat(list.getLast().next()).isZero();
    }
}
