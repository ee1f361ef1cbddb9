package dev.penstock.smb.volume.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderReaderTest {
    private static final int LONG_VALUE = 3000;

    @TempDir
    Path folder;

    /** The two ways to attributes: by the kernel's own calls, and by a path where it has none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allThatIsKnownOfAnEntryIsReadWithoutOpeningIt(boolean direct) throws IOException {
        var value = new byte[LONG_VALUE];
        Arrays.fill(value, (byte) 7);
        Files.writeString(folder.resolve("plain"), "12345");
        Files.createFile(folder.resolve("naïve – ναῦς"));
        Files.createDirectory(folder.resolve("below"));
        try (FileHandle root = Posix.openRoot(folder);
                FileHandle file = Posix.open(root, "naïve – ναῦς", true, Posix.Creation.NEVER, 0)) {
            Posix.setAttribute(file, "user.one", new byte[] {1, 2, 3});
            Posix.setAttribute(file, "user.long", value);
            try (var reader = new FolderReader(root, direct && EntryCalls.HAS_AT)) {
                var names = new TreeSet<String>();
                for (String name = reader.next(); name != null; name = reader.next()) {
                    names.add(name);
                    assertThat(reader.stat()).isEqualTo(Posix.stat(root, name));
                    boolean bare = !name.startsWith("na");
                    assertThat(reader.attributes())
                            .containsExactlyInAnyOrder(bare ? new String[0] : new String[] {"user.one", "user.long"});
                    assertThat(reader.attribute("user.one", 8)).isEqualTo(bare ? null : new byte[] {1, 2, 3});
                    assertThat(reader.attribute("user.long", 1 << 16)).isEqualTo(bare ? null : value);
                    assertThat(reader.attribute("user.none", 8)).isNull();
                }
                assertThat(names).containsExactly("below", "naïve – ναῦς", "plain");
                reader.turnTo("plain");
                assertThat(reader.stat().size()).isEqualTo(5);
                reader.turnTo("missing");
                assertThatThrownBy(reader::stat)
                        .isInstanceOfSatisfying(
                                PosixException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
            }
        }
    }
}
