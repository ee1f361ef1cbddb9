package dev.penstock.smb.macclient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every compound that Apple's client sends, each one message there and one back, all of them signed, whatever becomes of the first member. */
class CompoundsTest extends MacTest {
    private static final FileId IT = FileId.PREVIOUS;
    private static final int ALL = 18;
    private static final int STREAMS = 22;
    private static final int RESUME_KEY = 0x00140078;
    private static final int GET_REPARSE_POINT = 0x000900A8;

    private Mac mac;
    private MacFiles files;

    @BeforeEach
    void mountIt() throws IOException {
        mac = mount();
        files = new MacFiles(mac);
        files.write("f", bytes("content"));
    }

    private static Smb2Request query(int informationClass) {
        return new QueryInfo.Request(QueryInfo.INFO_FILE, informationClass, 4096, 0, 0, IT, Blob.EMPTY);
    }

    private static Smb2Request read() {
        return new Read.Request(0, 4096, 0, IT, 0, Read.CHANNEL_NONE, 0, Blob.EMPTY);
    }

    private static Smb2Request control(int code, int room) {
        return new Ioctl.Request(code, IT, Blob.EMPTY, 0, room, Ioctl.IS_FSCTL);
    }

    private List<NtStatus> chain(MacCreate create, Smb2Request... rest) {
        int before = mac.frames();
        List<NtStatus> statuses =
                mac.chain(create, rest).stream().map(MacWire.Reply::status).toList();
        assertThat(mac.frames()).isEqualTo(before + 1);
        return statuses;
    }

    @Test
    void whatBeginsWithACreate() {
        MacCreate f = MacCreate.open("f", MacCreate.READS | MacCreate.WRITES | AccessMask.DELETE)
                .askFileId()
                .askAccess();
        var search = new QueryDirectory.Request(37, QueryDirectory.RESTART_SCANS, 0, IT, "*", 1 << 16);
        var size = MacFile.setInfo(IT, 20, new WireWriter().i64(3));
        Smb2Request close = Mac.closePrevious();
        assertThat(chain(f, close)).containsOnly(NtStatus.SUCCESS);
        assertThat(chain(f, query(ALL), close)).containsOnly(NtStatus.SUCCESS);
        assertThat(chain(f, query(ALL), query(STREAMS), close)).containsOnly(NtStatus.SUCCESS);
        assertThat(chain(f, read(), close)).containsOnly(NtStatus.SUCCESS);
        assertThat(chain(MacCreate.openFolder("", MacCreate.READS), search, close))
                .containsOnly(NtStatus.SUCCESS);
        assertThat(chain(f, control(RESUME_KEY, 32), close)).containsOnly(NtStatus.SUCCESS);
        assertThat(chain(f, control(GET_REPARSE_POINT, 4096), close))
                .containsExactly(NtStatus.SUCCESS, NtStatus.NOT_A_REPARSE_POINT, NtStatus.SUCCESS);
        assertThat(chain(f, size, close)).containsOnly(NtStatus.SUCCESS);
        assertThat(files.read("f")).isEqualTo(bytes("con"));
    }

    @Test
    void writesInTheMiddle() {
        MacCreate create =
                MacCreate.open("new", MacCreate.READS | MacCreate.WRITES).disposition(Create.FILE_OVERWRITE_IF);
        byte[] text = bytes("12345"); // no multiple of eight: what follows is padded
        var sent = new ArrayList<MacWire.Sent>();
        sent.add(MacWire.Sent.of(create.request(), mac.tree()));
        sent.add(MacWire.Sent.of(query(ALL), mac.tree()));
        sent.add(new MacWire.Sent(MacFile.writeRequest(IT, 0, text.length), text, mac.tree(), 0));
        sent.add(MacWire.Sent.of(MacFile.setInfo(IT, 20, new WireWriter().i64(4)), mac.tree()));
        sent.add(MacWire.Sent.of(Mac.closePrevious(), mac.tree()));
        assertThat(mac.send(create, sent)).allMatch(reply -> reply.status() == NtStatus.SUCCESS);
        assertThat(files.read("new")).isEqualTo(bytes("1234"));
    }

    @Test
    void whatBeginsWithAnOpenFile() {
        MacFile file = mac.open(MacCreate.open("f", MacCreate.READS | MacCreate.WRITES));
        var size = MacFile.setInfo(file.id(), 20, new WireWriter().i64(2));
        var both = mac.wire().send(List.of(MacWire.Sent.of(size, mac.tree()), MacWire.Sent.of(query(ALL), mac.tree())));
        both.forEach(one -> Mac.check(one.get()));
        var flush = new Flush.Request(0, file.id());
        var end = mac.wire()
                .send(List.of(MacWire.Sent.of(flush, mac.tree()), MacWire.Sent.of(Mac.closePrevious(), mac.tree())));
        end.forEach(one -> Mac.check(one.get()));
        assertThat(files.read("f")).isEqualTo(bytes("co"));
    }

    @Test
    void whatFollowsACreateThatFailsFailsTheSameWay() {
        assertThat(chain(MacCreate.open("none", MacCreate.READS), query(ALL), read(), Mac.closePrevious()))
                .containsOnly(NtStatus.OBJECT_NAME_NOT_FOUND);
        assertThat(chain(MacCreate.open("none\\none", MacCreate.READS), Mac.closePrevious()))
                .containsOnly(NtStatus.OBJECT_PATH_NOT_FOUND);
        assertThat(chain(MacCreate.openFolder("f", MacCreate.READS), query(ALL), Mac.closePrevious()))
                .containsOnly(NtStatus.NOT_A_DIRECTORY);
    }
}
