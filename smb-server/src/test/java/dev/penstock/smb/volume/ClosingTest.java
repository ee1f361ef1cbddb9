package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Lock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClosingTest {
    private static final long SESSION = 5;

    @TempDir
    Path folder;

    private DiskShare share;
    private ShareDriver client;

    @BeforeEach
    void open() throws Exception {
        share = new DiskShare("test", folder);
        client = new ShareDriver(share);
        Files.writeString(folder.resolve("f"), "twelve bytes");
    }

    @AfterEach
    void close() {
        share.close();
    }

    private Close.Response close(Open open, int flags) {
        var outcome = (Outcome.Done) open.close(client.context(), new Close.Request(flags, FileId.PREVIOUS));
        return (Close.Response) outcome.response();
    }

    @Test
    void attributesAreAnsweredWhereTheyWereAskedFor() {
        assertThat(close(client.open(Ask.of("f")), Close.POSTQUERY_ATTRIB).endOfFile())
                .isEqualTo(12);
        assertThat(close(client.open(Ask.of("f")), 0)).isEqualTo(Close.Response.PLAIN);
    }

    @Test
    void theNameGoesAfterTheLastOpenAndNobodyOpensItUntilThen() {
        Open deletes = client.open(Ask.of("f").options(Create.FILE_DELETE_ON_CLOSE));
        Open stays = client.open(Ask.of("f"));

        client.close(deletes);

        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.DELETE_PENDING);
        assertThat(folder.resolve("f")).exists();
        client.close(stays);
        assertThat(folder.resolve("f")).doesNotExist();
    }

    @Test
    void aClientThatIsGoneLeavesTheSameBehind() {
        Open deletes = client.open(Ask.of("f").options(Create.FILE_DELETE_ON_CLOSE));

        deletes.abandon();

        assertThat(folder.resolve("f")).doesNotExist();
        assertThat(client.refusal(Ask.of("f"))).isEqualTo(NtStatus.OBJECT_NAME_NOT_FOUND);
    }

    @Test
    void anOpenOfAStreamHoldsItsFileUntilItClosesToo() {
        Open stream = client.open(Ask.of("f:s").disposition(Create.FILE_OPEN_IF));
        Open file = client.open(Ask.of("f"));
        client.delete(file);
        client.close(file);
        assertThat(folder.resolve("f")).exists();

        client.close(stream);

        assertThat(folder.resolve("f")).doesNotExist();
    }

    @Test
    void whoWaitsForALockGetsIt() {
        Open holds = client.open(Ask.of("f"));
        Open waits = client.open(Ask.of("f"));
        client.lock(holds, new Lock.Element(0, 4, Lock.EXCLUSIVE_LOCK));
        var waiting = (Outcome.Pending) client.lock(waits, new Lock.Element(0, 4, Lock.EXCLUSIVE_LOCK));
        var answers = new ArrayList<Outcome.Final>();
        waiting.deferred().whenComplete(answers::add);

        client.close(holds);

        assertThat(answers).hasSize(1).first().isInstanceOf(Outcome.Done.class);
        client.close(waits);
    }

    @Test
    void theKeyOfACopysSourceIsAlwaysTheSameAndGoesWithTheOpen() {
        var source = (FileOpen) client.open(Ask.of("f"));
        Blob key = source.resumeKey().of(SESSION);

        assertThat(source.resumeKey().of(SESSION)).isEqualTo(key);
        assertThat(ResumeKeys.find(key, SESSION)).isSameAs(source);
        assertThat(ResumeKeys.find(key, SESSION + 1)).isNull();
        client.close(source);
        assertThat(ResumeKeys.find(key, SESSION)).isNull();
    }
}
