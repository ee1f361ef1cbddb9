package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;

/** A request without its header. Sealed, so that a command forgotten in a switch does not compile. */
public sealed interface Smb2Request
        permits Negotiate.Request,
                SessionSetup.Request,
                Logoff.Request,
                TreeConnect.Request,
                TreeDisconnect.Request,
                Create.Request,
                Close.Request,
                Flush.Request,
                Read.Request,
                Write.Request,
                Lock.Request,
                Ioctl.Request,
                Cancel.Request,
                Echo.Request,
                QueryDirectory.Request,
                ChangeNotify.Request,
                QueryInfo.Request,
                SetInfo.Request,
                OplockBreak.Acknowledgment,
                LeaseBreak.Acknowledgment {
    /** The command that it belongs to. */
    Command command();

    /** Writes the body, behind a header that was already written. */
    void encode(WireWriter out);

    /** Reads the body of a message that starts with its header. */
    static Smb2Request decode(Command command, WireReader message) throws MalformedMessage {
        WireReader body = message.from(Header.SIZE);
        return switch (command) {
            case NEGOTIATE -> Negotiate.Request.decode(body);
            case SESSION_SETUP -> SessionSetup.Request.decode(body);
            case LOGOFF -> Logoff.Request.decode(body);
            case TREE_CONNECT -> TreeConnect.Request.decode(body);
            case TREE_DISCONNECT -> TreeDisconnect.Request.decode(body);
            case CREATE -> Create.Request.decode(body);
            case CLOSE -> Close.Request.decode(body);
            case FLUSH -> Flush.Request.decode(body);
            case READ -> Read.Request.decode(body);
            case WRITE -> Write.Request.decode(body);
            case LOCK -> Lock.Request.decode(body);
            case IOCTL -> Ioctl.Request.decode(body);
            case CANCEL -> Cancel.Request.decode(body);
            case ECHO -> Echo.Request.decode(body);
            case QUERY_DIRECTORY -> QueryDirectory.Request.decode(body);
            case CHANGE_NOTIFY -> ChangeNotify.Request.decode(body);
            case QUERY_INFO -> QueryInfo.Request.decode(body);
            case SET_INFO -> SetInfo.Request.decode(body);
            case OPLOCK_BREAK ->
                body.u16(0) == LeaseBreak.ACKNOWLEDGMENT_SIZE
                        ? LeaseBreak.Acknowledgment.decode(body)
                        : OplockBreak.Acknowledgment.decode(body);
        };
    }

    /** Checks StructureSize, and that the fixed part is there: an odd size counts one byte of the variable part. */
    static void structureSize(WireReader body, int expected) throws MalformedMessage {
        WireReader.require(body.u16(0) == expected, "StructureSize");
        WireReader.require(body.size() - Header.SIZE >= (expected & ~1), "the fixed part is cut off");
    }
}
