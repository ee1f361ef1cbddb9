package dev.penstock.smb.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.smbj.SMBClient;
import com.hierynomus.smbj.SmbConfig;
import com.hierynomus.smbj.auth.AuthenticationContext;
import com.hierynomus.smbj.share.DiskShare;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Read;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Answers that take longer than a client's patience: they are announced, and come in the end. */
class SlowShareTest {
    private static final byte[] TEXT = "late".getBytes(StandardCharsets.US_ASCII);

    @Test
    void aBlockedReadIsAnsweredAfterItsAnnouncement() throws Exception {
        assertThat(readFrom(false)).isEqualTo(TEXT);
    }

    @Test
    void aPromisedReadIsAnsweredWhenThePromiseIsKept() throws Exception {
        assertThat(readFrom(true)).isEqualTo(TEXT);
    }

    private static byte[] readFrom(boolean promised) throws Exception {
        UserStore users = UserStore.inMemory();
        users.add("anna", "secret");
        var config = SmbServerConfig.of(new InetSocketAddress("127.0.0.1", 0), List.of(new SlowShare(promised)), users);
        try (var server = new SmbServer(config);
                var client = new SMBClient(SmbConfig.builder()
                        .withSigningRequired(true)
                        .withReadTimeout(8, TimeUnit.SECONDS)
                        .build())) {
            server.start();
            var connection =
                    client.connect("127.0.0.1", server.addresses().getFirst().getPort());
            var session = connection.authenticate(new AuthenticationContext("anna", "secret".toCharArray(), ""));
            var disk = (DiskShare) session.connectShare("slow");
            try (var file = disk.openFile(
                    "any",
                    EnumSet.of(AccessMask.GENERIC_READ),
                    null,
                    SMB2ShareAccess.ALL,
                    SMB2CreateDisposition.FILE_OPEN,
                    null)) {
                var buffer = new byte[TEXT.length];
                file.read(buffer, 0);
                return buffer;
            }
        }
    }

    private record SlowShare(boolean promised) implements Share {
        @Override
        public String name() {
            return "slow";
        }

        @Override
        public Type type() {
            return Type.DISK;
        }

        @Override
        public int maximalAccess(User user) {
            return 0x001F01FF;
        }

        @Override
        public Outcome create(RequestContext context, Create.Request request) {
            return new Outcome.Opened(
                    new SlowOpen(promised),
                    new Create.Response(0, 1, 0, 0, 0, 0, 0, 4, 0x80, FileId.PREVIOUS, List.of()));
        }
    }

    private record SlowOpen(boolean promised) implements Open {
        @Override
        public Outcome read(RequestContext context, Read.Request request) {
            var later = CompletableFuture.delayedExecutor(1700, TimeUnit.MILLISECONDS);
            Outcome.Final answer =
                    Outcome.done(Read.Response.of(TEXT.length), new Payload.Bytes(ByteBuffer.wrap(TEXT)));
            if (!promised) {
                return CompletableFuture.supplyAsync(() -> answer, later).join();
            }
            var deferred = new Deferred(_ -> {});
            later.execute(() -> deferred.complete(answer));
            return new Outcome.Pending(deferred);
        }

        @Override
        public Outcome.Final close(RequestContext context, Close.Request request) {
            return Outcome.done(Close.Response.PLAIN);
        }

        @Override
        public void abandon() {
            // Nothing is held.
        }
    }
}
