package dev.penstock.smb.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserStoreTest {
    @TempDir
    private Path folder;

    @Test
    void theHashIsThatOfTheSpecificationsExample() {
        // [MS-NLMP] 4.2.2.1.2
        assertThat(HexFormat.of().formatHex(UserStore.hashOf("Password")))
                .isEqualTo("a4f49c406510bdcab6824ee7c30fd852");
    }

    @Test
    void whatWasAddedIsThereAfterTheNextStart() throws IOException {
        Path file = folder.resolve("users");
        UserStore store = UserStore.open(file);
        store.add("Anna", "secret");
        store.add("bob", "word");
        store.add("ANNA", "changed");
        store.remove("Bob");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        UserStore again = UserStore.open(file);
        assertThat(again.list()).containsExactly("ANNA");
        assertThat(again.ntHash("anna")).isEqualTo(UserStore.hashOf("changed"));
        assertThat(again.ntHash("bob")).isNull();
    }

    @Test
    void aFileThatOthersCanReadIsRefused() throws IOException {
        Path file = folder.resolve("users");
        UserStore.open(file).add("anna", "secret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> UserStore.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("0600");
    }

    @Test
    void aLineThatIsNoAccountIsToldByItsNumber() throws IOException {
        Path file = Files.createFile(
                folder.resolve("users"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, "# accounts\nanna:12\n");
        assertThatThrownBy(() -> UserStore.open(file)).hasMessageContaining("line 2");
    }

    @Test
    void failuresOfOneUserFromOneAddressAreToldLaterAndLater() {
        var delay = new FailureDelay();
        assertThat(delay.failed("10.0.0.1", "anna")).isEqualTo(FailureDelay.FLOOR_MILLIS);
        assertThat(delay.failed("10.0.0.1", "ANNA")).isEqualTo(2 * FailureDelay.FLOOR_MILLIS);
        assertThat(delay.failed("10.0.0.2", "anna")).isEqualTo(FailureDelay.FLOOR_MILLIS);
        for (int i = 0; i < 100; i++) {
            delay.failed("10.0.0.1", "anna");
        }
        assertThat(delay.failed("10.0.0.1", "anna")).isEqualTo(FailureDelay.CEILING_MILLIS);
        delay.succeeded("10.0.0.1", "anna");
        assertThat(delay.failed("10.0.0.1", "anna")).isEqualTo(FailureDelay.FLOOR_MILLIS);
    }
}
