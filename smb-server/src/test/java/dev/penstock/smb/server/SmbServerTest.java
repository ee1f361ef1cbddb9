package dev.penstock.smb.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.connection.Connection;
import com.hierynomus.smbj.session.Session;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.share.File;
import dev.penstock.smb.auth.UserStore;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole server against an independent client, over the loopback. */
class SmbServerTest {
    private static final SmbServerConfig.Sizes SMALL = new SmbServerConfig.Sizes(1, 4, 8, 4, 8 << 20, 4);

    @TempDir
    private Path folder;

    private dev.penstock.smb.volume.DiskShare share;
    private SmbServer server;

    @BeforeEach
    void open() throws IOException {
        share = new dev.penstock.smb.volume.DiskShare("media", folder);
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
            assertThat(server.slabs().outstanding())
                    .as("slabs that nobody gave back")
                    .isZero();
            assertThat(server.counters().bugs()).isZero();
            assertThat(server.counters().connections())
                    .isEqualTo(server.counters().disconnections());
        }
        share.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unsigned", "signed", "encrypted"})
    void whatIsWrittenIsReadBack(String protection) throws IOException {
        start(protection.equals("signed"), protection.equals("encrypted"));
        byte[] content = new byte[3 << 20 | 12345];
        new Random(4711).nextBytes(content);
        try (var client = new SMBClient(config(protection.equals("signed"), protection.equals("encrypted")));
                Connection connection = connect(client);
                Session session = logOn(connection, "secret");
                DiskShare disk = (DiskShare) session.connectShare("media")) {
            disk.mkdir("clips");
            try (File file = create(disk, "clips\\one.mov");
                    OutputStream out = file.getOutputStream()) {
                out.write(content);
            }
            assertThat(Files.readAllBytes(folder.resolve("clips/one.mov"))).isEqualTo(content);
            try (File file = disk.openFile(
                    "clips\\one.mov",
                    EnumSet.of(AccessMask.GENERIC_READ),
                    null,
                    SMB2ShareAccess.ALL,
                    SMB2CreateDisposition.FILE_OPEN,
                    null)) {
                assertThat(file.getInputStream().readAllBytes()).isEqualTo(content);
            }
            assertThat(disk.list("clips"))
                    .extracting(entry -> entry.getFileName())
                    .contains("one.mov");
            disk.rm("clips\\one.mov");
            disk.rmdir("clips", false);
            assertThat(folder.resolve("clips")).doesNotExist();
        }
        assertThat(server.counters().bytesWritten()).isEqualTo(content.length);
        assertThat(server.counters().bytesRead()).isEqualTo(content.length);
    }

    @Test
    void aWrongPasswordIsRefusedAfterAWhile() throws IOException {
        start(true, false);
        try (var client = new SMBClient(config(true, false));
                Connection connection = connect(client)) {
            long before = System.nanoTime();
            assertThatThrownBy(() -> logOn(connection, "guess"))
                    .isInstanceOf(SMBApiException.class)
                    .hasMessageContaining("LOGON_FAILURE");
            assertThat(System.nanoTime() - before).isGreaterThan(1_900_000_000L);
        }
        assertThat(server.counters().logonFailures()).isEqualTo(1);
    }

    @Test
    void aShareThatIsNotThereIsRefused() throws IOException {
        start(true, false);
        try (var client = new SMBClient(config(true, false));
                Connection connection = connect(client);
                Session session = logOn(connection, "secret")) {
            assertThatThrownBy(() -> session.connectShare("nothing")).hasMessageContaining("BAD_NETWORK_NAME");
        }
    }

    @Test
    void whatIsNoSmbEndsItsConnection() throws IOException {
        start(true, false);
        try (var socket = new Socket()) {
            socket.connect(server.addresses().getFirst());
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws IOException {
        start(true, false);
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 5; i++) {
                var socket = new Socket();
                socket.connect(server.addresses().getFirst());
                sockets.add(socket);
            }
            assertThat(sockets.getLast().getInputStream().read()).isEqualTo(-1);
            await().until(() -> server.counters().refused() == 1);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aClientThatVanishesLeavesNoFileOpen() throws IOException {
        start(true, false);
        try (var client = new SMBClient(config(true, false))) {
            Connection connection = connect(client);
            DiskShare disk = (DiskShare) logOn(connection, "secret").connectShare("media");
            create(disk, "held.bin").write(new byte[100_000], 0);
            connection.close(true);
        }
        await().until(() -> server.counters().disconnections() == 1 && server.sessions() == 0);
        try (var client = new SMBClient(config(true, false));
                Connection connection = connect(client);
                Session session = logOn(connection, "secret");
                DiskShare disk = (DiskShare) session.connectShare("media")) {
            disk.rm("held.bin");
        }
        assertThat(folder.resolve("held.bin")).doesNotExist();
    }

    private void start(boolean signing, boolean encrypt) throws IOException {
        UserStore users = UserStore.inMemory();
        users.add("anna", "secret");
        server = new SmbServer(SmbServerConfig.of(new InetSocketAddress("127.0.0.1", 0), List.of(share), users)
                .withSigningRequired(signing)
                .withEncrypt(encrypt)
                .withSizes(SMALL));
        server.start();
    }

    private static SmbConfig config(boolean signing, boolean encrypt) {
        return SmbConfig.builder()
                .withSigningRequired(signing)
                .withEncryptData(encrypt)
                .withDfsEnabled(false)
                .build();
    }

    private Connection connect(SMBClient client) throws IOException {
        return client.connect("127.0.0.1", server.addresses().getFirst().getPort());
    }

    private static Session logOn(Connection connection, String password) {
        return connection.authenticate(new AuthenticationContext("anna", password.toCharArray(), ""));
    }

    private static File create(DiskShare disk, String name) {
        return disk.openFile(
                name,
                EnumSet.of(AccessMask.GENERIC_WRITE),
                null,
                SMB2ShareAccess.ALL,
                SMB2CreateDisposition.FILE_CREATE,
                null);
    }
}
