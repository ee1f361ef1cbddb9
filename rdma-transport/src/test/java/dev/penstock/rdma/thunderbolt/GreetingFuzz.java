package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.rdma.rdmap.StartUpException;
import java.nio.ByteBuffer;

class GreetingFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAGreetingOrTheBeginningOfOneOrRefused(byte[] bytes) throws StartUpException {
        var in = ByteBuffer.wrap(bytes);
        Greeting greeting;
        try {
            greeting = Greeting.decode(in);
        } catch (StartUpException refused) {
            assertThat(refused.getStackTrace()).isEmpty();
            return;
        }
        if (greeting == null) {
            assertThat(in.position()).isZero();
            assertThat(bytes.length).isLessThan(Greeting.MAX_BYTES);
            return;
        }
        var again = Greeting.decode(greeting.encode());
        assertThat(again).isEqualTo(greeting);
    }
}
