package dev.penstock.smb.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.MalformedMessage;
import java.time.InstantSource;
import java.util.Arrays;

/** Tokens of any bytes lead to an answer, a refusal, or are malformed; never to a logon. */
class AuthenticationFuzz {
    @FuzzTest(maxDuration = "2m")
    void noBytesLogOn(byte[] bytes) {
        var authentication = new Authentication(UserStore.inMemory(), true, "SERVER", InstantSource.system());
        int cut = bytes.length == 0 ? 0 : (bytes[0] & 0xff) % bytes.length;
        try {
            check(authentication.accept(Arrays.copyOf(bytes, cut)));
            check(authentication.accept(Arrays.copyOfRange(bytes, cut, bytes.length)));
        } catch (MalformedMessage refused) {
            assertThat(refused.getStackTrace()).isEmpty();
        }
        try {
            NtlmMessages.Authenticate.decode(bytes);
        } catch (MalformedMessage refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
        try {
            Spnego.decode(bytes);
        } catch (MalformedMessage refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    private static void check(Authentication.Result result) {
        assertThat(result).isNotInstanceOf(Authentication.Success.class);
    }
}
