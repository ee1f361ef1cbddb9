package dev.penstock.rdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
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
}
