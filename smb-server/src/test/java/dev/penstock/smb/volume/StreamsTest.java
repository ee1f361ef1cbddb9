package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileInformation;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.QueryInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamsTest extends ShareTest {
    private static final String LONG = "0123456789abcdef".repeat(1000);

    @AfterEach
    void closeShare() {
        share.close();
        assertThat(client.slabs.outstanding()).isZero();
    }

    private void put(String name, String text) {
        Open stream = client.open(Ask.of(name).disposition(Create.FILE_OVERWRITE_IF));
        assertThat(ShareDriver.status(client.write(stream, 0, text))).isEqualTo(NtStatus.SUCCESS);
        client.close(stream);
    }

    private String get(String name) {
        Open stream = client.open(Ask.of(name).access(AccessMask.FILE_GENERIC_READ));
        String text = client.readText(stream, 0, 1 << 20);
        client.close(stream);
        return text;
    }

    /** Names and lengths. */
    private TreeMap<String, Long> streams(String name) {
        Open file = client.open(Ask.of(name).access(AccessMask.FILE_GENERIC_READ));
        var in = ByteBuffer.wrap(client.info(file, QueryInfo.INFO_FILE, FileInformation.STREAM, 1 << 16))
                .order(ByteOrder.LITTLE_ENDIAN);
        client.close(file);
        var found = new TreeMap<String, Long>();
        int at = 0;
        int next = in.limit() == 0 ? 0 : 1;
        while (next != 0) {
            next = in.getInt(at);
            var text = new byte[in.getInt(at + 4)];
            in.get(at + 24, text);
            found.put(new String(text, StandardCharsets.UTF_16LE), in.getLong(at + 8));
            at += next;
        }
        return found;
    }

    private Path hidden(String parent) {
        return folder.resolve(parent).resolve(".penstock");
    }

    private static long count(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.count();
        }
    }

    @Test
    void aStreamIsMadeWithItsFileAndIsNotItsData() throws IOException {
        put("a.txt:Notes", "hello");
        assertThat(folder.resolve("a.txt")).isEmptyFile();
        assertThat(get("A.TXT:nOTES:$data")).isEqualTo("hello");
        put("a.txt", "data");
        assertThat(get("a.txt::$DATA")).isEqualTo("data");
        assertThat(streams("a.txt")).hasSize(1);
        put("a.txt:Notes", "again");
        assertThat(streams("a.txt")).containsEntry("::$DATA", 4L).containsEntry(":Notes:$DATA", 5L);
    }

    @Test
    void foldersHaveStreamsButNoData() {
        client.close(client.open(Ask.of("dir").makeFolder()));
        put("dir:tag", "x");
        put("dir:long", LONG);
        put(":root", "y");
        assertThat(streams("dir")).containsOnlyKeys(":tag:$DATA", ":long:$DATA");
        assertThat(get("dir:long")).isEqualTo(LONG);
        assertThat(get(":root")).isEqualTo("y");
        assertThat(client.refusal(Ask.of("dir::$DATA"))).isEqualTo(NtStatus.FILE_IS_A_DIRECTORY);
        Open dir = client.open(Ask.of("dir"));
        assertThat(client.delete(dir)).isEqualTo(NtStatus.SUCCESS);
        client.close(dir);
        assertThat(folder.resolve("dir")).doesNotExist();
    }

    @Test
    void aLongStreamLivesInASidecarThatNobodySees() throws IOException {
        put("f:big", LONG);
        assertThat(get("f:big")).isEqualTo(LONG);
        assertThat(count(hidden(""))).isOne();
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        assertThat(client.list(root, "*", 65536)).containsExactlyInAnyOrder(".", "..", "f");
        client.close(root);
        assertThat(client.refusal(Ask.of(".penstock"))).isEqualTo(NtStatus.OBJECT_NAME_INVALID);
        assertThat(client.refusal(Ask.of(".PENSTOCK\\x"))).isEqualTo(NtStatus.OBJECT_NAME_INVALID);
        assertThat(streams("f")).containsEntry(":big:$DATA", (long) LONG.length());
    }

    @Test
    void aStreamThatGrowsMovesIntoASidecarWithWhatItHas() {
        Open stream = client.open(Ask.of("f:grows").make());
        client.write(stream, 0, "start");
        client.write(stream, 5000, "end");
        assertThat(client.readText(stream, 0, 5)).isEqualTo("start");
        assertThat(client.readText(stream, 5000, 10)).isEqualTo("end");
        client.close(stream);
        assertThat(streams("f")).containsEntry(":grows:$DATA", 5003L);
    }

    @Test
    void streamsFollowTheirFileAndGoWithIt() throws IOException {
        client.close(client.open(Ask.of("sub").makeFolder()));
        put("f:big", LONG);
        put("f:small", "s");
        Open file = client.open(Ask.of("f"));
        assertThat(client.rename(file, "sub\\g", false)).isEqualTo(NtStatus.SUCCESS);
        client.close(file);
        assertThat(get("sub\\g:big")).isEqualTo(LONG);
        assertThat(get("sub\\g:small")).isEqualTo("s");
        assertThat(count(hidden(""))).isZero();
        file = client.open(Ask.of("sub\\g"));
        client.delete(file);
        client.close(file);
        assertThat(count(hidden("sub"))).isZero();
    }

    @Test
    void whatIsReplacedByARenameTakesItsStreamsAlong() throws IOException {
        put("old:big", LONG);
        put("new:big", "new" + LONG);
        Open file = client.open(Ask.of("new"));
        assertThat(client.rename(file, "old", true)).isEqualTo(NtStatus.SUCCESS);
        client.close(file);
        assertThat(get("old:big")).startsWith("new");
        assertThat(count(hidden(""))).isOne();
    }

    @Test
    void aCopyMadeByAnotherToolSharesTheSidecarUntilOneIsWritten() throws IOException {
        put("f:big", LONG);
        Files.copy(folder.resolve("f"), folder.resolve("copy"), StandardCopyOption.COPY_ATTRIBUTES);
        assertThat(get("copy:big")).isEqualTo(LONG);
        Open stream = client.open(Ask.of("copy:big"));
        client.write(stream, 0, "changed");
        client.close(stream);
        assertThat(get("f:big")).isEqualTo(LONG);
        assertThat(get("copy:big")).startsWith("changed789ab");
        Files.copy(folder.resolve("f"), folder.resolve("third"), StandardCopyOption.COPY_ATTRIBUTES);
        Open file = client.open(Ask.of("f"));
        client.delete(file);
        client.close(file);
        assertThat(get("third:big")).isEqualTo(LONG);
    }

    @Test
    void aStreamThatNoLongerFitsIntoTheAttributesMovesOut() throws IOException {
        put("f", "");
        var view = Files.getFileAttributeView(folder.resolve("f"), UserDefinedFileAttributeView.class);
        view.write("filler", ByteBuffer.allocate(3000));
        for (int i = 0; i < 6; i++) {
            put("f:s" + i, LONG.substring(0, 200 + i));
        }
        for (int i = 0; i < 6; i++) {
            assertThat(get("f:s" + i)).isEqualTo(LONG.substring(0, 200 + i));
        }
    }

    @Test
    void sharingIsTheStreamsOwnButForDeletion() {
        Open stream = client.open(Ask.of("f:s").make().share(0));
        client.close(client.open(Ask.of("f").access(AccessMask.FILE_GENERIC_READ)));
        assertThat(client.refusal(Ask.of("f:s"))).isEqualTo(NtStatus.SHARING_VIOLATION);
        assertThat(client.refusal(Ask.of("f").access(AccessMask.DELETE))).isEqualTo(NtStatus.SHARING_VIOLATION);
        client.close(stream);
        Open shared = client.open(Ask.of("f:s"));
        Open file = client.open(Ask.of("f"));
        client.delete(file);
        client.close(file);
        assertThat(client.refusal(Ask.of("f:s"))).isEqualTo(NtStatus.DELETE_PENDING);
        client.close(shared);
        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void aStreamIsRenamedWhileOthersHaveItOpen() {
        Open one = client.open(Ask.of("f:one").make());
        Open other = client.open(Ask.of("f:ONE"));
        client.write(one, 0, "12");
        assertThat(client.rename(one, ":two", false)).isEqualTo(NtStatus.SUCCESS);
        client.write(other, 2, "34");
        assertThat(client.refusal(Ask.of("f:one"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        assertThat(get("f:two:$DATA")).isEqualTo("1234");
        assertThat(client.rename(one, ":Two", false)).isEqualTo(NtStatus.SUCCESS);
        client.close(one);
        client.close(other);
        assertThat(streams("f")).containsKey(":Two:$DATA");
    }

    @Test
    void aStreamIsDeletedWithItsLastOpen() {
        put("f:s", LONG);
        Open stream = client.open(Ask.of("f:s").options(Create.FILE_DELETE_ON_CLOSE));
        client.close(stream);
        assertThat(client.refusal(Ask.of("f:s"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        assertThat(streams("f")).containsOnlyKeys("::$DATA");
    }

    @Test
    void namesThatAreNone() {
        put("f", "x");
        for (String name : new String[] {"f:", "f:a:", "f:a:$INDEX", "f:a/b", "f:a:$DATA:c"}) {
            assertThat(client.refusal(Ask.of(name))).as(name).isEqualTo(NtStatus.OBJECT_NAME_INVALID);
        }
        String longest = "\u20AC".repeat(255);
        put("f:" + longest, "long");
        assertThat(get("f:" + longest)).isEqualTo("long");
        assertThat(streams("f")).containsKey(":" + longest + ":$DATA");
    }
}
