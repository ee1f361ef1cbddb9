package dev.penstock.rdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class RdmaDevicesTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @Test
    void thisMachineIsReachedFromTheAddressThatIsReached() throws IOException {
        assertThat(RdmaDevices.sourceAddressTo(LOOPBACK)).isEqualTo(LOOPBACK);
    }

    @Test
    void whatNoAdapterHasIsReachedByIwarpInUserSpace() throws IOException {
        try (Device device = RdmaDevices.towards(LOOPBACK, RdmaDevices.AUTO)) {
            assertThat(device.name()).startsWith("iwarp");
            assertThat(device.usesTcpPorts()).isTrue();
        }
    }

    @Test
    void aProviderThatIsNamedIsTakenOrRefused() throws IOException {
        try (Device device = RdmaDevices.towards(LOOPBACK, "iwarp")) {
            assertThat(device.name()).startsWith("iwarp");
        }
        assertThatThrownBy(() -> RdmaDevices.at(LOOPBACK, "pigeons"))
                .isInstanceOf(RdmaException.class)
                .hasMessageContaining("pigeons")
                .hasMessageContaining("iwarp");
        assertThatThrownBy(() -> RdmaDevices.at(LOOPBACK, "verbs")).isInstanceOf(RdmaException.class);
    }

    @Test
    void socketsAreNotBesideThemselves() throws IOException {
        assertThat(RdmaDevices.addressesBesideTcp()).doesNotContain(LOOPBACK);
        for (InetAddress local : RdmaDevices.addressesBesideTcp()) {
            assertThat(RdmaDevices.choose(local, RdmaDevices.AUTO).provider()).isNotEqualTo("iwarp");
        }
    }

    @Test
    void aDeviceThatHasSeveralAddressesIsOpenedOnce() throws IOException {
        var other = InetAddress.ofLiteral("127.0.0.2");
        var serving = RdmaDevices.serving(List.of(LOOPBACK, other), RdmaDevices.AUTO);
        try (Device device = serving.getFirst().device()) {
            assertThat(device.name()).startsWith("iwarp");
            assertThat(serving).hasSize(1);
            assertThat(serving.getFirst().addresses()).containsExactly(LOOPBACK, other);
        }
        assertThatThrownBy(() -> RdmaDevices.serving(List.of(LOOPBACK), "verbs"))
                .isInstanceOf(RdmaException.class);
    }
}
