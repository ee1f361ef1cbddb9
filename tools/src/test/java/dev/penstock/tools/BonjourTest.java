package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.volume.SharePreset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The records that Macs look for, asked for with a query of our own over the loopback. */
class BonjourTest {
    private static final int PORT = 5353;
    private static final int PTR = 12;
    private static final int TXT = 16;
    private static final int SRV = 33;

    /** QU of RFC 6762 5.4: the answer comes to whoever asks alone. */
    private static final int UNICAST_IN = 0x8001;

    private static final List<ServeSettings.ShareEntry> SHARES = List.of(
            new ServeSettings.ShareEntry("media", Path.of("/srv/media"), SharePreset.FINDER, DiskShare.NO_QUOTA),
            new ServeSettings.ShareEntry("backup", Path.of("/srv/b"), SharePreset.TIMEMACHINE, DiskShare.NO_QUOTA),
            new ServeSettings.ShareEntry("backup 2", Path.of("/srv/b2"), SharePreset.TIMEMACHINE, 1 << 30));

    @Test
    void theServersRecordsAreFoundByAQueryOfMulticastDns() throws IOException, InterruptedException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        String name = "penstock-" + ProcessHandle.current().pid();
        try (var bonjour = Bonjour.tell(name, SHARES, 4450, List.of(loopback))) {
            assertThat(bonjour.awaitTold(30)).isTrue();
            assertThat(ask("_smb._tcp.local", PTR)).anyMatch(answer -> answer.contains(name + "._smb._tcp"));
            assertThat(ask(name + "._smb._tcp.local", SRV)).contains("port 4450");
            assertThat(ask(name + "._device-info._tcp.local", TXT)).contains("model=RackMac");
            assertThat(ask(name + "._adisk._tcp.local", TXT))
                    .contains("sys=waMa=0,adVF=0x100")
                    .anyMatch(text -> text.matches("dk0=adVN=backup,adVF=0x82,adVU=[0-9a-f-]{36}"))
                    .anyMatch(text -> text.matches("dk1=adVN=backup 2,adVF=0x82,adVU=[0-9a-f-]{36}"));
        }
    }

    @Test
    void withoutAShareForItTimeMachineIsToldNothing() {
        assertThat(Bonjour.disks(SHARES.subList(0, 1))).isEmpty();
        assertThat(Bonjour.disks(SHARES)).hasSize(3).isEqualTo(Bonjour.disks(SHARES));
    }

    @Test
    void theLoopbackIsToldOfToNobody() throws IOException {
        assertThat(Bonjour.addressesOf(new InetSocketAddress("127.0.0.1", 4450)))
                .isEmpty();
        assertThat(Bonjour.addressesOf(new InetSocketAddress("0.0.0.0", 4450)))
                .noneMatch(InetAddress::isLoopbackAddress);
    }

    /** What is answered: of a PTR its target, of a SRV its port, of a TXT its strings. */
    private static List<String> ask(String name, int type) throws IOException {
        var found = new ArrayList<String>();
        try (DatagramSocket socket = new MulticastSocket(new InetSocketAddress("127.0.0.1", 0))) {
            socket.setOption(
                    java.net.StandardSocketOptions.IP_MULTICAST_IF,
                    NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")));
            socket.setSoTimeout(500);
            byte[] query = query(name, type);
            for (int i = 0; i < 20 && found.isEmpty(); i++) {
                socket.send(new DatagramPacket(query, query.length, InetAddress.getByName("224.0.0.251"), PORT));
                try {
                    var answer = new DatagramPacket(new byte[9000], 9000);
                    socket.receive(answer);
                    parse(
                            ByteBuffer.wrap(answer.getData(), 0, answer.getLength())
                                    .slice(),
                            name,
                            type,
                            found);
                } catch (SocketTimeoutException _) {
                    // asked once more
                }
            }
        }
        return found;
    }

    private static byte[] query(String name, int type) throws IOException {
        var out = new ByteArrayOutputStream();
        out.write(new byte[] {0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        for (String label : name.split("\\.")) {
            byte[] bytes = label.getBytes(StandardCharsets.UTF_8);
            out.write(bytes.length);
            out.write(bytes);
        }
        out.write(new byte[] {0, 0, (byte) type, (byte) (UNICAST_IN >> 8), (byte) UNICAST_IN});
        return out.toByteArray();
    }

    private static void parse(ByteBuffer message, String name, int type, List<String> found) {
        int questions = message.getShort(4);
        int records = message.getShort(6) + message.getShort(8) + message.getShort(10);
        message.position(12);
        for (int i = 0; i < questions; i++) {
            name(message);
            message.getInt();
        }
        for (int i = 0; i < records; i++) {
            String of = name(message);
            int ofType = message.getShort();
            message.getShort();
            message.getInt();
            int end = (message.getShort() & 0xffff) + message.position();
            if (ofType == type && of.equalsIgnoreCase(name + ".")) {
                value(message, type, end, found);
            }
            message.position(end);
        }
    }

    private static void value(ByteBuffer message, int type, int end, List<String> found) {
        switch (type) {
            case PTR -> found.add(name(message));
            case SRV -> found.add("port " + (message.getShort(message.position() + 4) & 0xffff));
            default -> {
                while (message.position() < end) {
                    var text = new byte[message.get() & 0xff];
                    message.get(text);
                    found.add(new String(text, StandardCharsets.UTF_8));
                }
            }
        }
    }

    private static String name(ByteBuffer message) {
        var name = new StringBuilder();
        int back = -1;
        for (int length = message.get() & 0xff; length != 0; length = message.get() & 0xff) {
            if (length >= 0xC0) {
                int at = (length & 0x3f) << 8 | message.get() & 0xff;
                back = back < 0 ? message.position() : back;
                message.position(at);
            } else {
                var label = new byte[length];
                message.get(label);
                name.append(new String(label, StandardCharsets.UTF_8)).append('.');
            }
        }
        if (back >= 0) {
            message.position(back);
        }
        return name.toString();
    }
}
