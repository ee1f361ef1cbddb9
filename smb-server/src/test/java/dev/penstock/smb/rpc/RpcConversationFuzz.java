package dev.penstock.smb.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.MalformedMessage;
import java.util.List;

/** Anything may be written to a pipe. */
class RpcConversationFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAnsweredOrRefused(byte[] bytes) {
        var conversation = new RpcConversation(new Srvsvc("SERVER", List.of()));
        try {
            assertThat(conversation.receive(bytes)).isNotNull();
            assertThat(conversation.receive(bytes).length).isLessThan(1 << 20);
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
    }
}
