package dev.penstock.smb.apple;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.fscc.FileMetadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AppleTest {
    private static final byte[] FINDER = "TEXTttxt".getBytes(StandardCharsets.US_ASCII);

    @Test
    void aClientIsPromisedOneFormOfListingsOnly() {
        assertThat(Aapl.agree(Aapl.READ_DIR_ATTR))
                .isEqualTo(Aapl.READ_DIR_ATTR | Aapl.OSX_COPYFILE | Aapl.UNIX_BASED | Aapl.NFS_ACE);
        assertThat(Aapl.agree(Aapl.READ_DIR_ATTR | Aapl.READ_DIR_ATTR_V2) & Aapl.READ_DIR_ATTR)
                .isZero();
    }

    @Test
    void theModelIsAlwaysThereWhereItWasAskedFor() throws MalformedMessage {
        var asked = (Aapl.Query.Server)
                Aapl.decode(new WireWriter().i32(1).i32(0).i64(7).i64(0x1F).toBlob());
        var answer = Aapl.answer(asked, 0x1E, 5, "Penstock").data().reader();
        assertThat(answer.size()).isEqualTo(56);
        assertThat(answer.i64(8)).isEqualTo(7);
        assertThat(answer.i64(16)).isEqualTo(0x1E);
        assertThat(answer.i64(24)).isEqualTo(5);
        assertThat(answer.i32(36)).isEqualTo(16);
    }

    @Test
    void theFindersBytesAreWrittenWholeOrFromTheStart() {
        byte[] finder = new byte[AfpInfo.FINDER_BYTES];
        System.arraycopy(FINDER, 0, finder, 0, FINDER.length);
        byte[] stream = AfpInfo.of(finder);
        assertThat(AfpInfo.finderInfo(stream)).startsWith(FINDER);
        assertThat(AfpInfo.written(new byte[0], 0, stream)).isEqualTo(stream);
        assertThat(AfpInfo.written(new byte[0], 1000, stream)).isEqualTo(stream);
        assertThat(AfpInfo.written(new byte[0], 1, "AFP".getBytes(StandardCharsets.US_ASCII)))
                .isNull();
        assertThat(AfpInfo.written(new byte[0], 0, new byte[60])).isNull();
        assertThat(AfpInfo.finderInfo(AfpInfo.empty())).as("zeros are nothing").isNull();
    }

    @Test
    void aListingsEntryHasRightsForkFinderAndMode() {
        var file = new FileMetadata(1, 2, 3, 4, 4096, 10, FileAttributes.ARCHIVE, 4711, 1, 0);
        byte[] finder = new byte[AfpInfo.FINDER_BYTES];
        System.arraycopy(FINDER, 0, finder, 0, FINDER.length);
        var entry = new FinderEntry(0x1F01FF, 3, Blob.of(finder), 0100644, false);
        var first = new WireWriter();
        entry.append(first, -1, "a", file, false);
        var in = ByteBuffer.wrap(first.toArray()).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(in.getInt(64)).isEqualTo(0x1F01FF);
        assertThat(in.getShort(68)).isEqualTo((short) 24);
        assertThat(in.getLong(70)).isEqualTo(3);
        assertThat(new String(in.array(), 78, 8, StandardCharsets.US_ASCII)).isEqualTo("TEXTttxt");
        assertThat(Short.toUnsignedInt(in.getShort(94))).isEqualTo(0100644);
        assertThat(in.getLong(96)).isEqualTo(4711);
        var second = new WireWriter();
        new FinderEntry(0x1F01FF, 0, null, 0100644, true).append(second, -1, "a", file, true);
        assertThat(ByteBuffer.wrap(second.toArray())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getShort(68))
                .as("no streams to ask for")
                .isEqualTo((short) 1);
    }
}
