package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people do with the Finder, each as it goes over the wire. */
class FinderTest extends MacTest {
    @ParameterizedTest
    @ValueSource(ints = {Mac.NEW, Mac.OLD})
    void browsingTenThousandFilesTakesAsManyRoundTripsAsTheyFillBuffers(int generation) throws IOException {
        Files.createDirectory(folder.resolve("clips"));
        for (int i = 0; i < 10_000; i++) {
            Files.createFile(folder.resolve("clips").resolve("clip %05d.mov".formatted(i)));
        }
        Mac mac = mount(generation);
        var files = new MacFiles(mac);
        int before = mac.frames();
        List<MacEntry> entries = files.list("clips");
        assertThat(entries).hasSize(10_000).extracting(MacEntry::name).doesNotHaveDuplicates();
        assertThat(entries).allMatch(e -> e.noXattr() == mac.second());
        // 104 bytes and a name of 28, to the next multiple of eight
        int buffers = (10_000 * 136 + (1 << 20) - 1) >> 20;
        int endAndClose = 2;
        assertThat(mac.frames() - before).isEqualTo(buffers + endAndClose);
        assertThat(files.list("clips")).isEqualTo(entries);
        assertThat(mac.frames() - before)
                .as("a lease says that nothing has changed")
                .isEqualTo(buffers + endAndClose);
    }
}
