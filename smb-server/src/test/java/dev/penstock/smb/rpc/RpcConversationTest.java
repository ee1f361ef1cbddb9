package dev.penstock.smb.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the real clients of the integration tests do not ask, or ask only when something is wrong. */
class RpcConversationTest {
    private static final Guid LSARPC = Guid.of("12345778-1234-abcd-ef00-0123456789ab");
    private static final Guid SAMR = Guid.of("12345778-1234-abcd-ef00-0123456789ac");
    private static final Guid WINREG = Guid.of("338cd001-2244-31f1-aaaa-900038001003");

    @Test
    void aPipeHasItsOwnInterfaceAndNoOther() throws MalformedMessage {
        assertThat(new RpcDriver("lsarpc", "anna").bind(LSARPC, 0)).isZero();
        assertThat(new RpcDriver("lsarpc", "anna").bind(LSARPC, 1)).isEqualTo(2);
        assertThat(new RpcDriver("samr", "anna").bind(LSARPC, 0)).isEqualTo(2);
        assertThat(new RpcDriver("samr", "anna").bind(SAMR, 1)).isZero();
    }

    @Test
    void aPipeThatIsNotThereIsRefusedAtOnce() {
        assertThat(RpcDriver.share().service("spoolss", new User("anna"))).isNull();
        assertThat(RpcDriver.share().service("\\srvsvc", new User("anna"))).isNull();
    }

    @Test
    void whatWasNotBoundCannotBeCalled() {
        assertFault(0x1C010002, () -> new RpcDriver("lsarpc", "anna").call(44, Blob.EMPTY));
    }

    @Test
    void aHandleIsOfItsPipeAndEndsWithItsClosing() throws MalformedMessage {
        var one = bound("winreg", WINREG, 1);
        var other = bound("winreg", WINREG, 1);
        Blob handle = handle(one.call(2, Blob.EMPTY));
        assertThat(one.call(9, handle).getInt(16)).isEqualTo(Win32.ERROR_NO_MORE_ITEMS);
        assertFault(0x1C00001A, () -> other.call(9, handle));
        one.call(5, handle);
        assertFault(0x1C00001A, () -> one.call(9, handle));
    }

    @Test
    void handlesOfAnOpenAreLimited() throws MalformedMessage {
        var pipe = bound("lsarpc", LSARPC, 0);
        for (int i = 0; i < 64; i++) {
            assertThat(pipe.call(44, Blob.EMPTY).getInt(20)).isZero();
        }
        assertThat(pipe.call(44, Blob.EMPTY).getInt(20)).isEqualTo(NtStatus.INSUFFICIENT_RESOURCES.value());
    }

    @Test
    void countsAreNotBelieved() throws MalformedMessage {
        var pipe = bound("lsarpc", LSARPC, 0);
        Blob handle = handle(pipe.call(44, Blob.EMPTY));
        Blob names =
                new NdrWriter().bytes(handle).u32(0x7fff_ffff).u32(0x7fff_ffff).toBlob();
        assertFault(0x000006F7, () -> pipe.call(14, names));
    }

    @Test
    @DisplayName("CVE-2023-34966: a count in a Spotlight query kept the server unpacking for ever")
    void aSpotlightQueryIsNotUnpacked() throws MalformedMessage {
        var pipe = bound("mdssvc", Guid.of("885d85fb-c754-4062-a0e7-6872ce0064f4"), 2);
        Blob query =
                new NdrWriter().handle(Handles.NONE).u32(-1).u32(-1).u32(-1).toBlob();
        assertThat(pipe.call(2, query).getInt(0)).isZero();
    }

    @Test
    void namesAndSidsLeadToEachOther() {
        var accounts = new Accounts("STORE", () -> List.of("anna"));
        for (String name :
                List.of("anna", "STORE\\Anna", "Everyone", "BUILTIN\\Administrators", "NT AUTHORITY\\SYSTEM")) {
            Accounts.Account account = accounts.named(name);
            assertThat(account).as(name).isNotNull();
            assertThat(accounts.of(account.sid())).isEqualTo(account);
        }
        assertThat(accounts.named("bert")).isNull();
        assertThat(accounts.named("ELSEWHERE\\anna")).isNull();
        assertThat(accounts.named("NT AUTHORITY\\anna")).isNull();
        assertThat(accounts.named("")).isEqualTo(accounts.named("BUILTIN"));
    }

    private static RpcDriver bound(String pipe, Guid service, int version) throws MalformedMessage {
        var driver = new RpcDriver(pipe, "anna");
        assertThat(driver.bind(service, version)).isZero();
        return driver;
    }

    private static Blob handle(ByteBuffer results) {
        var handle = new byte[20];
        results.get(0, handle);
        return Blob.of(handle);
    }

    private interface Call {
        Object run() throws MalformedMessage;
    }

    private static void assertFault(int status, Call call) {
        assertThatExceptionOfType(RpcDriver.Fault.class)
                .isThrownBy(call::run)
                .satisfies(fault -> assertThat(fault.status()).isEqualTo(status));
    }
}
