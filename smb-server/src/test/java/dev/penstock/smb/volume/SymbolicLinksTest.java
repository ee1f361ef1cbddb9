package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.fscc.SymbolicLink;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Ioctl;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Links are the file system's, reparse points to clients, and followed by nobody here. */
class SymbolicLinksTest extends ShareTest {
    private static final int GET = 0x000900A8;
    private static final int SET = 0x000900A4;
    private static final int DELETE = 0x000900AC;
    private static final int ATTRIBUTE_TAG = 35;
    private static final int ROOM = 1 << 14;

    @AfterEach
    void closeShare() {
        share.close();
        assertThat(client.slabs.outstanding()).isZero();
    }

    private static Ask itself(String name) {
        return Ask.of(name).options(Create.FILE_OPEN_REPARSE_POINT);
    }

    private Outcome control(Open open, int code, Blob input) {
        return open.ioctl(client.context(), new Ioctl.Request(code, FileId.PREVIOUS, input, 0, ROOM, Ioctl.IS_FSCTL));
    }

    private SymbolicLink link(Open open) throws MalformedMessage {
        if (control(open, GET, Blob.EMPTY) instanceof Outcome.Done done) {
            return SymbolicLink.decode(((Ioctl.Response) done.response()).output());
        }
        throw new AssertionError("no link");
    }

    private NtStatus set(Open open, String target) {
        return ShareDriver.status(control(open, SET, SymbolicLink.to(target).encode()));
    }

    /** Target and bytes that are left, as STATUS_STOPPED_ON_SYMLINK tells them. */
    private String stopped(Ask ask) throws MalformedMessage {
        Outcome outcome = client.create(ask);
        assertThat(ShareDriver.status(outcome)).isEqualTo(NtStatus.STOPPED_ON_SYMLINK);
        WireReader in = ((Outcome.Failed) outcome).data().reader();
        assertThat(in.i32(0)).isEqualTo(in.size() - 4);
        assertThat(in.i32(4)).isEqualTo(0x4C4D5953);
        assertThat(in.i32(8)).isEqualTo(SymbolicLink.TAG);
        return in.utf16(in.span(28L + in.u16(16), in.u16(18))) + " " + in.u16(14) + " " + in.i32(24);
    }

    @Test
    void whoComesToALinkIsToldWhereItLeadsAndHowMuchOfThePathIsLeft() throws IOException, MalformedMessage {
        Files.createDirectories(folder.resolve("real/deep"));
        Files.writeString(folder.resolve("real/deep/f"), "x");
        Files.createSymbolicLink(folder.resolve("door"), Path.of("real"));
        Files.createSymbolicLink(folder.resolve("real/up"), Path.of("../real/deep/f"));
        assertThat(stopped(Ask.of("door"))).isEqualTo("real 0 1");
        assertThat(stopped(Ask.of("DOOR"))).isEqualTo("real 0 1");
        assertThat(stopped(Ask.of("door\\deep\\f"))).isEqualTo("real " + 2 * "\\deep\\f".length() + " 1");
        assertThat(stopped(Ask.of("Door\\deep"))).isEqualTo("real " + 2 * "\\deep".length() + " 1");
        assertThat(stopped(Ask.of("real\\up"))).isEqualTo("..\\real\\deep\\f 0 1");
        assertThat(stopped(Ask.of("real\\up:stream"))).isEqualTo("..\\real\\deep\\f " + 2 * ":stream".length() + " 1");
        assertThat(stopped(Ask.of("door").disposition(Create.FILE_OVERWRITE_IF)))
                .isEqualTo("real 0 1");
    }

    @Test
    void aLinkOutOfTheShareIsShownAndLeadsNowhere() throws IOException, MalformedMessage {
        Files.createSymbolicLink(folder.resolve("out"), Path.of("/etc"));
        assertThat(stopped(Ask.of("out\\passwd"))).isEqualTo("\\etc " + 2 * "\\passwd".length() + " 0");
        assertThat(client.refusal(Ask.of("etc\\passwd"))).isEqualTo(NtStatus.OBJECT_PATH_NOT_FOUND);
        Open root = client.open(Ask.of("").access(AccessMask.FILE_GENERIC_READ));
        assertThat(client.list(root, "*", ROOM)).contains("out");
        client.close(root);
    }

    @Test
    void aLinkIsOpenedItselfWhereThatIsAskedFor() throws IOException, MalformedMessage {
        Files.createSymbolicLink(folder.resolve("l"), Path.of("to/nowhere"));
        Open open = client.open(itself("l"));
        assertThat(link(open)).isEqualTo(new SymbolicLink("to\\nowhere", "to\\nowhere", true));
        var tag = ByteBuffer.wrap(client.info(open, 1, ATTRIBUTE_TAG, 8)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(tag.getInt(0)).isEqualTo(FileAttributes.REPARSE_POINT);
        assertThat(tag.getInt(4)).isEqualTo(SymbolicLink.TAG);
        assertThat(ShareDriver.status(client.read(open, 0, 10))).isEqualTo(NtStatus.END_OF_FILE);
        assertThat(ShareDriver.status(client.write(open, 0, "x"))).isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(client.set(
                        open,
                        4,
                        new WireWriter()
                                .i64(0)
                                .i64(0)
                                .i64(132_000_000_000_000_000L)
                                .i64(0)
                                .i64(0)))
                .isEqualTo(NtStatus.SUCCESS);
        assertThat(client.rename(open, "moved", false)).isEqualTo(NtStatus.SUCCESS);
        client.close(open);
        assertThat(Files.readSymbolicLink(folder.resolve("moved"))).hasToString("to/nowhere");
        Open again = client.open(itself("moved"));
        assertThat(client.delete(again)).isEqualTo(NtStatus.SUCCESS);
        client.close(again);
        assertThat(folder).isEmptyDirectory();
        assertThat(client.refusal(itself("moved"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void whatWasMadeForItBecomesALinkAndALinkAFileAgain() throws IOException, MalformedMessage {
        Open open = client.open(Ask.of("l").make());
        assertThat(set(open, "..\\a\\\uF022b")).isEqualTo(NtStatus.SUCCESS);
        assertThat(Files.readSymbolicLink(folder.resolve("l"))).hasToString("../a/:b");
        assertThat(link(open).target()).isEqualTo("..\\a\\\uF022b");
        assertThat(set(open, "\\??\\C:\\Windows")).isEqualTo(NtStatus.SUCCESS);
        assertThat(link(open)).isEqualTo(new SymbolicLink("\\??\\C:\\Windows", "\\??\\C:\\Windows", false));
        client.close(open);
        Open again = client.open(itself("l"));
        Blob none = new WireWriter().i32(SymbolicLink.TAG).u16(0).u16(0).toBlob();
        assertThat(ShareDriver.status(control(again, DELETE, none))).isEqualTo(NtStatus.SUCCESS);
        client.write(again, 0, "now a file");
        assertThat(ShareDriver.status(control(again, GET, Blob.EMPTY))).isEqualTo(NtStatus.NOT_A_REPARSE_POINT);
        client.close(again);
        assertThat(folder.resolve("l")).hasContent("now a file");
        Open dir = client.open(Ask.of("d").makeFolder());
        assertThat(set(dir, "elsewhere")).isEqualTo(NtStatus.SUCCESS);
        client.close(dir);
        assertThat(Files.isSymbolicLink(folder.resolve("d"))).isTrue();
    }

    @Test
    void nothingIsLostForALink() throws IOException {
        Files.writeString(folder.resolve("full"), "x");
        Files.createDirectories(folder.resolve("dir/with"));
        Open full = client.open(Ask.of("full"));
        assertThat(set(full, "t")).isEqualTo(NtStatus.NOT_SUPPORTED);
        Open dir = client.open(Ask.of("dir"));
        assertThat(set(dir, "t")).isEqualTo(NtStatus.DIRECTORY_NOT_EMPTY);
        Open stream = client.open(Ask.of("two:s").make());
        client.write(stream, 0, "s");
        Open two = client.open(Ask.of("two"));
        assertThat(set(two, "t")).isEqualTo(NtStatus.SHARING_VIOLATION);
        client.close(stream);
        assertThat(set(two, "t")).isEqualTo(NtStatus.NOT_SUPPORTED);
        Open made = client.open(Ask.of("made").make());
        assertThat(set(made, "")).isEqualTo(NtStatus.IO_REPARSE_DATA_INVALID);
        assertThat(set(made, "x".repeat(5000))).isEqualTo(NtStatus.IO_REPARSE_DATA_INVALID);
        Blob other = new WireWriter().i32(0x80000014).u16(0).u16(0).toBlob();
        assertThat(ShareDriver.status(control(made, SET, other))).isEqualTo(NtStatus.NOT_SUPPORTED);
        for (Open one : new Open[] {full, dir, two, made}) {
            client.close(one);
        }
        assertThat(folder.resolve("full")).hasContent("x");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("full", "dir", "two", "made");
    }

    @Test
    void aLinkInTheWayOfACreateIsOne() throws IOException {
        Files.createSymbolicLink(folder.resolve("l"), Path.of("t"));
        assertThat(client.refusal(itself("l").disposition(Create.FILE_CREATE)))
                .isEqualTo(NtStatus.OBJECT_NAME_COLLISION);
        assertThat(client.refusal(itself("l").disposition(Create.FILE_OVERWRITE_IF)))
                .isEqualTo(NtStatus.ACCESS_DENIED);
        assertThat(client.refusal(itself("l:s").disposition(Create.FILE_OPEN_IF)))
                .isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
        Open f = client.open(Ask.of("f").make());
        assertThat(client.rename(f, "l", true)).isEqualTo(NtStatus.SUCCESS);
        client.close(f);
        assertThat(Files.isRegularFile(folder.resolve("l"))).isTrue();
    }
}
