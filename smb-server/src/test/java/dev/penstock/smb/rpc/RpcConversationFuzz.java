package dev.penstock.smb.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.MalformedMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Anything may be written to a pipe. */
class RpcConversationFuzz {
    private static final List<String> PIPES = List.of("srvsvc", "wkssvc", "lsarpc", "samr", "winreg", "mdssvc");

    @FuzzTest(maxDuration = "2m")
    void anyBytesAreAnsweredOrRefused(FuzzedDataProvider data) {
        var conversation = RpcDriver.share().conversation(data.pickValue(PIPES), new User("somebody"));
        assertThat(conversation).isNotNull();
        byte[] bytes = data.consumeRemainingAsBytes();
        try {
            assertThat(conversation.receive(bytes)).isNotNull();
            assertThat(conversation.receive(bytes).length).isLessThan(1 << 20);
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
    }

    @FuzzTest(maxDuration = "2m")
    void anyParametersAreAnsweredOrRefused(FuzzedDataProvider data) {
        var service = RpcDriver.share().service(data.pickValue(PIPES), new User("somebody"));
        int operation = data.consumeInt(0, 80);
        ByteOrder order = data.consumeBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        byte[] stub = data.consumeRemainingAsBytes();
        try {
            var result =
                    service.call(operation, new NdrReader(ByteBuffer.wrap(stub).order(order)));
            assertThat(result.length()).isLessThan(1 << 20);
        } catch (MalformedMessage | RpcService.UnknownHandle refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
    }
}
