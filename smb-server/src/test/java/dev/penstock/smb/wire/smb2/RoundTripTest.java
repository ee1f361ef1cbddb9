package dev.penstock.smb.wire.smb2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What one side writes the other reads as the same. */
class RoundTripTest {
    private static final FileId FILE = new FileId(0x1122334455667788L, -2);
    private static final Guid GUID = Guid.of("01234567-89ab-cdef-0123-456789abcdef");
    private static final Blob DATA = Blob.of(new byte[] {1, 2, 3, 4, 5});

    static Stream<Smb2Request> requests() {
        return Stream.of(
                new Negotiate.Request(
                        1,
                        0x7f,
                        GUID,
                        List.of(Negotiate.SMB_300, Negotiate.SMB_311),
                        List.of(
                                new NegotiateContext.Preauth(List.of(1), DATA),
                                new NegotiateContext.Encryption(List.of(4, 2)),
                                new NegotiateContext.Signing(List.of(2, 1)),
                                new NegotiateContext.Other(5, DATA))),
                new SessionSetup.Request(1, 2, 3, 77, DATA),
                new Logoff.Request(),
                new TreeConnect.Request(0, "\\\\server\\share"),
                new TreeDisconnect.Request(),
                new Create.Request(
                        0xff,
                        2,
                        0x0012019F,
                        0x80,
                        7,
                        Create.FILE_OPEN_IF,
                        0x40,
                        "folder\\näme",
                        List.of(new CreateContext("MxAc", Blob.EMPTY), new CreateContext("RqLs", DATA))),
                new Create.Request(0, 2, 1, 0, 7, 1, 0, "", List.of()),
                new Close.Request(1, FILE),
                new Flush.Request(0xFFFF, FILE),
                new Read.Request(1, 0xFFFF_FFFFL, 1L << 40, FILE, 1, Read.CHANNEL_RDMA_V1, 9, DATA),
                new Write.Request(Span.EMPTY, 1L << 40, FILE, Read.CHANNEL_RDMA_V1_INVALIDATE, 9, DATA, 1),
                new Lock.Request(5, FILE, List.of(new Lock.Element(1, -1, 2), new Lock.Element(3, 4, 0x11))),
                new Ioctl.Request(0x0011C017, FILE, DATA, 0, 1024, Ioctl.IS_FSCTL),
                new Cancel.Request(),
                new Echo.Request(),
                new QueryDirectory.Request(37, 2, 3, FILE, "*.txt", 65536),
                new ChangeNotify.Request(1, 4096, FILE, 0xfff),
                new QueryInfo.Request(1, 18, 4096, 7, 3, FILE, DATA),
                new SetInfo.Request(1, 20, DATA, 0, FILE),
                new OplockBreak.Acknowledgment(1, FILE),
                new LeaseBreak.Acknowledgment(2, GUID, 5, 0));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void aRequestIsReadAsItWasWritten(Smb2Request request) throws MalformedMessage {
        assertThat(Smb2Request.decode(
                        request.command(), new WireReader(written(request).buffer())))
                .isEqualTo(request);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void aRequestThatIsCutOffIsMalformedAndNothingWorse(Smb2Request request) {
        byte[] whole = written(request).toArray();
        for (int length = Header.SIZE; length < whole.length; length++) {
            var part = new WireReader(ByteBuffer.wrap(whole, 0, length));
            try {
                Smb2Request.decode(request.command(), part);
            } catch (MalformedMessage expected) {
                assertThat(expected.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void aHeaderIsReadAsItWasWritten() throws MalformedMessage {
        var sync = new Header(3, 0x103, 5, 31, Header.SIGNED | Header.RELATED, 120, 99, 0, 7, 1L << 40);
        var async = new Header(3, 0x103, 5, 31, Header.ASYNC, 0, 99, 5, 0, 1);
        for (Header header : List.of(sync, async)) {
            var out = new WireWriter();
            header.encode(out);
            assertThat(out.position()).isEqualTo(Header.SIZE);
            assertThat(Header.decode(new WireReader(out.buffer()))).isEqualTo(header);
        }
    }

    @Test
    void dataOfAWriteMayNotLieInItsHeader() {
        var out = new WireWriter();
        out.zeros(Header.SIZE);
        new Write.Request(new Span(Write.DATA_OFFSET, 8), 0, FILE, 0, 0, Blob.EMPTY, 0).encode(out);
        out.zeros(8);
        out.patch16(Header.SIZE + 2, 64);
        assertThatThrownBy(() -> Smb2Request.decode(Command.WRITE, new WireReader(out.buffer())))
                .isInstanceOf(MalformedMessage.class);
    }

    @Test
    void createContextsThatLoopAreMalformed() {
        var out = new WireWriter();
        out.zeros(Header.SIZE);
        new Create.Request(
                        0,
                        2,
                        1,
                        0,
                        7,
                        1,
                        0,
                        "x",
                        List.of(new CreateContext("MxAc", DATA), new CreateContext("QFid", Blob.EMPTY)))
                .encode(out);
        out.patch32(Header.SIZE + 64, 4);
        assertThatThrownBy(() -> Smb2Request.decode(Command.CREATE, new WireReader(out.buffer())))
                .isInstanceOf(MalformedMessage.class);
    }

    private static WireWriter written(Smb2Request request) {
        var out = new WireWriter();
        out.zeros(Header.SIZE);
        request.encode(out);
        return out;
    }
}
