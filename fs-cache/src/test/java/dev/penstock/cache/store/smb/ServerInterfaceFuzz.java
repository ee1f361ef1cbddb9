package dev.penstock.cache.store.smb;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes are a list within the limits, maybe an empty one. */
class ServerInterfaceFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAListWithinTheLimits(byte[] bytes) {
        assertThat(ServerInterface.decode(bytes))
                .hasSizeLessThanOrEqualTo(ServerInterface.MOST)
                .allSatisfy(one -> {
                    assertThat(one.bitsPerSecond()).isNotNegative();
                    assertThat(one.address().isMulticastAddress()).isFalse();
                    assertThat(one.address().isAnyLocalAddress()).isFalse();
                });
    }
}
