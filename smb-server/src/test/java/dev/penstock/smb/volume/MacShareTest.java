package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.apple.Aapl;
import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MacShareTest extends ShareTest {
    private static final String INFO = "f:" + AfpInfo.STREAM;

    @BeforeEach
    void beAMac() {
        client.notes().agreeApple(Aapl.agree(0x1F));
    }

    @AfterEach
    void closeShare() {
        share.close();
        assertThat(client.slabs.outstanding()).isZero();
    }

    private static String finder(String types) {
        byte[] bytes = new byte[AfpInfo.FINDER_BYTES];
        System.arraycopy(types.getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, types.length());
        return new String(AfpInfo.of(bytes), StandardCharsets.ISO_8859_1);
    }

    @Test
    void anEmptyStreamIsNoneToAMacAndGoesWithItsLastOpen() {
        Open stream = client.open(Ask.of("f:tag").make());
        assertThat(client.refusal(Ask.of("f:tag"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        client.write(stream, 0, "x");
        client.close(client.open(Ask.of("f:tag")));
        client.close(stream);
        client.close(client.open(Ask.of("f:tag")));
        var other = new ShareDriver(share);
        other.close(other.open(Ask.of("g:empty").make()));
        other.close(other.open(Ask.of("g:empty")));
        assertThat(client.refusal(Ask.of("g:empty"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void theFindersBytesAreSixtyAndZerosDeleteThem() {
        Open stream = client.open(Ask.of(INFO).disposition(Create.FILE_OPEN_IF));
        assertThat(client.readText(stream, 0, 100)).hasSize(60).startsWith("AFP");
        assertThat(ShareDriver.status(client.write(stream, 0, "junk"))).isEqualTo(NtStatus.INVALID_PARAMETER);
        assertThat(ShareDriver.status(client.writeLatin(stream, 0, finder("TEXTttxt"))))
                .isEqualTo(NtStatus.SUCCESS);
        client.close(client.open(Ask.of(INFO)));
        client.writeLatin(stream, 0, finder(""));
        assertThat(client.refusal(Ask.of(INFO))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        client.close(stream);
    }

    @Test
    void aFolderIsRenamedWhateverIsOpenInIt() {
        client.close(client.open(Ask.of("dir").makeFolder()));
        Open inside = client.open(Ask.of("dir\\f").make());
        Open dir = client.open(Ask.of("dir"));
        assertThat(client.rename(dir, "moved", false)).isEqualTo(NtStatus.SUCCESS);
        client.write(inside, 0, "still here");
        client.close(inside);
        client.close(dir);
        assertThat(folder.resolve("moved/f")).hasContent("still here");
    }

    @Test
    void namesThatDifferInHowAccentsAreComposedAreTheSameToAMac() throws IOException {
        String decomposed = "Caf\u0065\u0301";
        String composed = "Caf\u00e9";
        Files.createDirectory(folder.resolve(decomposed));
        Files.writeString(folder.resolve(decomposed).resolve("men\u0075\u0308.txt"), "x");
        Open file = client.open(Ask.of("CAF\u00c9\\men\u00fc.TXT"));
        assertThat(client.readText(file, 0, 10)).isEqualTo("x");
        client.close(file);
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        assertThat(client.list(root, "*", 65536)).contains(composed).doesNotContain(decomposed);
        client.close(root);
        assertThat(client.refusal(Ask.of(composed).makeFolder())).isEqualTo(NtStatus.OBJECT_NAME_COLLISION);
        var other = new ShareDriver(share);
        assertThat(other.refusal(Ask.of(composed))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void whatIsNoAppleDoubleFileStays() throws IOException {
        Files.writeString(folder.resolve("f"), "data");
        Files.writeString(folder.resolve("._f"), "not a Mac's");
        assertThat(client.refusal(Ask.of(INFO))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        assertThat(client.list(root, "*", 65536)).contains("._f", "f");
        client.close(root);
    }
}
