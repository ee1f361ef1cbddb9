package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** A response without its header. */
public sealed interface Smb2Response
        permits Negotiate.Response,
                SessionSetup.Response,
                Logoff.Response,
                TreeConnect.Response,
                TreeDisconnect.Response,
                Create.Response,
                Close.Response,
                Flush.Response,
                Read.Response,
                Write.Response,
                Lock.Response,
                Ioctl.Response,
                StridedRead.Response,
                Echo.Response,
                QueryDirectory.Response,
                ChangeNotify.Response,
                QueryInfo.Response,
                SetInfo.Response,
                OplockBreak.Response,
                LeaseBreak.Notification,
                LeaseBreak.Response,
                ErrorResponse {
    /** Where the buffer of QUERY_DIRECTORY, CHANGE_NOTIFY and QUERY_INFO starts, from the header. */
    int BUFFER_OFFSET = Header.SIZE + 8;

    /** Writes the body, behind a header that was already written; payload follows it immediately. */
    void encode(WireWriter out);

    /** Reads the response of a command that succeeded. For clients and tests. */
    static Smb2Response decode(Command command, WireReader message) throws MalformedMessage {
        WireReader body = message.from(Header.SIZE);
        return switch (command) {
            case NEGOTIATE -> Negotiate.Response.decode(body);
            case SESSION_SETUP -> SessionSetup.Response.decode(body);
            case LOGOFF -> new Logoff.Response();
            case TREE_CONNECT -> TreeConnect.Response.decode(body);
            case TREE_DISCONNECT -> new TreeDisconnect.Response();
            case CREATE -> Create.Response.decode(body);
            case CLOSE -> Close.Response.decode(body);
            case FLUSH -> new Flush.Response();
            case READ -> Read.Response.decode(body);
            case WRITE -> Write.Response.decode(body);
            case LOCK -> new Lock.Response();
            case IOCTL -> Ioctl.Response.decode(body);
            case CANCEL -> throw new MalformedMessage("a response to CANCEL");
            case ECHO -> new Echo.Response();
            case QUERY_DIRECTORY -> QueryDirectory.Response.decode(body);
            case CHANGE_NOTIFY -> ChangeNotify.Response.decode(body);
            case QUERY_INFO -> QueryInfo.Response.decode(body);
            case SET_INFO -> new SetInfo.Response();
            case OPLOCK_BREAK ->
                switch (body.u16(0)) {
                    case LeaseBreak.NOTIFICATION_SIZE -> LeaseBreak.Notification.decode(body);
                    case LeaseBreak.ACKNOWLEDGMENT_SIZE -> LeaseBreak.Response.decode(body);
                    default -> OplockBreak.Response.decode(body);
                };
        };
    }

    /** The four bytes that most responses without content are. */
    static void encodeEmpty(WireWriter out) {
        out.u16(4).u16(0);
    }

    /** StructureSize 9, OutputBufferOffset, OutputBufferLength. */
    static void encodeBuffer(WireWriter out, int length) {
        out.u16(9).u16(length == 0 ? 0 : BUFFER_OFFSET).i32(length);
    }

    /** Reads what {@link #encodeBuffer} writes. */
    static Span decodeBuffer(WireReader body) throws MalformedMessage {
        Smb2Request.structureSize(body, 9);
        return body.span(body.u16(2), body.u32(4));
    }
}
