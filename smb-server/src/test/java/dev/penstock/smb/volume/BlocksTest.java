package dev.penstock.smb.volume;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.volume.ShareDriver.Ask;
import dev.penstock.smb.volume.posix.Blocks;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Ioctl;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import org.junit.jupiter.api.Test;

/** What clients are told of a file's blocks, and how files have some in common. */
class BlocksTest extends ShareTest {
    private static final int INFO_FILE = 1;
    private static final int STANDARD = 5;
    private static final int ALLOCATION = 19;
    private static final int END_OF_FILE = 20;
    private static final int DUPLICATE_EXTENTS = 0x98344;
    private static final int CLUSTER = 4096;

    /** ext4 keeps attributes that do not fit into the inode in a block, which it counts among the file's. */
    @Test
    void theBlockOfLongAttributesIsNoneOfTheFile() throws IOException {
        Path path = Files.createFile(folder.resolve("f"));
        Files.getFileAttributeView(path, UserDefinedFileAttributeView.class).write("long", ByteBuffer.allocate(700));
        Open file = client.open(Ask.of("f"));
        assertThat(allocated(file)).isZero();
        client.write(file, 0, "x");
        assertThat(allocated(file)).isEqualTo(CLUSTER);
        client.close(file);
    }

    @Test
    void whatIsSetAsideIsCountedAndGivenBackWithoutAChangeOfLength() {
        Open file = client.open(Ask.of("f").make());
        assertThat(client.set(file, ALLOCATION, new WireWriter().i64(10 * CLUSTER)))
                .isEqualTo(NtStatus.SUCCESS);
        assertThat(allocated(file)).isEqualTo(10 * CLUSTER);
        assertThat(client.set(file, ALLOCATION, new WireWriter().i64(0))).isEqualTo(NtStatus.SUCCESS);
        assertThat(allocated(file)).isZero();
        client.close(file);
    }

    /** Whoever sets space aside for a recording and never writes it reads zeros there, not what others had deleted. */
    @Test
    void whatIsSetAsideShowsNothingThatWasThereBefore() throws IOException {
        int before = 64 * CLUSTER;
        Open file = client.open(Ask.of("f").make());
        client.write(file, 0, "old".repeat(before / 3));
        assertThat(client.set(file, END_OF_FILE, new WireWriter().i64(0))).isEqualTo(NtStatus.SUCCESS);
        assertThat(client.set(file, ALLOCATION, new WireWriter().i64(before))).isEqualTo(NtStatus.SUCCESS);
        client.write(file, 10 * CLUSTER, "new");
        assertThat(client.set(file, END_OF_FILE, new WireWriter().i64(before))).isEqualTo(NtStatus.SUCCESS);
        byte[] due = new byte[before];
        System.arraycopy("new".getBytes(US_ASCII), 0, due, 10 * CLUSTER, 3);
        assertThat(client.readText(file, 0, before).getBytes(US_ASCII)).isEqualTo(due);
        client.close(file);
        assertThat(Files.readAllBytes(folder.resolve("f"))).isEqualTo(due);
    }

    @Test
    void filesShareBlocksOnlyWhereTheFileSystemCan() throws IOException {
        boolean can;
        try (var handle = Posix.openRoot(folder)) {
            can = Blocks.shareable(handle);
        }
        Open from = client.open(Ask.of("from").make());
        client.write(from, 0, "a".repeat(2 * CLUSTER));
        Open to = client.open(Ask.of("to").make());
        client.write(to, 0, "b".repeat(3 * CLUSTER));
        assertThat(duplicate(from, CLUSTER, to, CLUSTER, CLUSTER))
                .isEqualTo(can ? NtStatus.SUCCESS : NtStatus.INVALID_DEVICE_REQUEST);
        assumeThat(can).as("the file system of %s shares blocks", folder).isTrue();
        assertThat(client.readText(to, 0, 3 * CLUSTER))
                .isEqualTo("b".repeat(CLUSTER) + "a".repeat(CLUSTER) + "b".repeat(CLUSTER));
        assertThat(duplicate(from, CLUSTER, to, 0, 2 * CLUSTER))
                .as("beyond the source")
                .isEqualTo(NtStatus.NOT_SUPPORTED);
        assertThat(duplicate(to, 0, to, CLUSTER, 2 * CLUSTER)).as("over itself").isEqualTo(NtStatus.NOT_SUPPORTED);
        client.close(from);
        client.close(to);
    }

    private long allocated(Open file) {
        return ByteBuffer.wrap(client.info(file, INFO_FILE, STANDARD, 24))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong(0);
    }

    private NtStatus duplicate(Open from, long fromOffset, Open to, long toOffset, long length) {
        Blob input = new WireWriter()
                .zeros(16)
                .i64(fromOffset)
                .i64(toOffset)
                .i64(length)
                .toBlob();
        var request = new Ioctl.Request(DUPLICATE_EXTENTS, FileId.PREVIOUS, input, 0, 0, Ioctl.IS_FSCTL);
        return ShareDriver.status(to.duplicateExtents(client.context(), from, request));
    }
}
