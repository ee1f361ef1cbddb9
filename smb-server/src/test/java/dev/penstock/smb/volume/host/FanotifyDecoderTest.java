package dev.penstock.smb.volume.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes that Linux 6.18 gave on x86-64 for a folder on ext4; the process was 3107. */
class FanotifyDecoderTest {
    private static final int OURS = 3107;

    /** The file system's id; 8 bytes of type 1; inode and generation. */
    private static final String FOLDER = "5ee8664880255bcb" + "08000000" + "01000000" + "98882200" + "96c07e21";

    private static final FolderId ID = FolderId.of(HexFormat.of().parseHex("01000000" + "98882200" + "96c07e21"));

    @Test
    void whatHappenedToANameIsRead() {
        assertThat(decode(event(0x10a, OURS, info(2, "a"))))
                .containsExactly(new HostEvent.Happened(
                        new HostEvent.Place(ID, "a"),
                        HostEvent.CREATED | HostEvent.WRITTEN | HostEvent.CLOSED,
                        false,
                        true));
        assertThat(decode(event(0x40000200, 3151, info(2, "new"))))
                .containsExactly(
                        new HostEvent.Happened(new HostEvent.Place(ID, "new"), HostEvent.REMOVED, true, false));
    }

    @Test
    void aRenameHasTheNamesThatAreWatched() {
        var a = new HostEvent.Place(ID, "a");
        var b = new HostEvent.Place(ID, "b");
        assertThat(decode(event(0x10000000, 0, info(10, "a") + info(12, "b"))
                        + event(0x10000000, OURS, info(10, "a"))
                        + event(0x50000000, 0, info(12, "b"))))
                .containsExactly(
                        new HostEvent.Renamed(a, b, false, false),
                        new HostEvent.Renamed(a, null, false, true),
                        new HostEvent.Renamed(null, b, true, false));
    }

    @Test
    void theFolderItselfAndNamesThatNoClientSeesArePassedOver() {
        assertThat(decode(event(0x40000004, 3154, info(2, ".")) + event(0x100, 0, info(2, "\u00ff"))))
                .isEmpty();
    }

    @Test
    void aFullQueueIsToldOf() {
        assertThat(decode(event(0x4000, 0, ""))).containsExactly(new HostEvent.Lost());
    }

    @Test
    void bytesThatEndTooSoonAreNotRead() {
        String whole = event(0x100, 0, info(2, "name"));
        for (int length = 0; length < whole.length(); length += 2) {
            assertThat(decode(whole.substring(0, length))).isEmpty();
        }
    }

    private static List<HostEvent> decode(String hex) {
        var events = new ArrayList<HostEvent>();
        FanotifyDecoder.decode(
                ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN), OURS, events);
        return events;
    }

    private static String event(long mask, int process, String infos) {
        return le(24 + infos.length() / 2, 4) + "0300" + "1800" + le(mask, 8) + "ffffffff" + le(process, 4) + infos;
    }

    private static String info(int type, String name) {
        String text = HexFormat.of().formatHex(name.getBytes(StandardCharsets.ISO_8859_1)) + "00";
        String padded = text + "00".repeat((4 - text.length() / 2 % 4) % 4);
        return le(type, 2) + le(4 + (FOLDER.length() + padded.length()) / 2, 2) + FOLDER + padded;
    }

    private static String le(long value, int bytes) {
        var out = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        return HexFormat.of().formatHex(out.array(), 0, bytes);
    }
}
