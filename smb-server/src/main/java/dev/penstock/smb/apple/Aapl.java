package dev.penstock.smb.apple;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.smb2.CreateContext;

/** The create context AAPL: a question about the server, or about where a file with an id is. */
public final class Aapl {
    /** Name of the context. */
    public static final String NAME = "AAPL";

    /** Server capability: listings carry the Finder's metadata. */
    public static final int READ_DIR_ATTR = 0x01;
    /** Server capability: a copy of no chunks copies everything. */
    public static final int OSX_COPYFILE = 0x02;
    /** Server capability: names and modes are POSIX's. */
    public static final int UNIX_BASED = 0x04;
    /** Server capability: owner, group and mode come as entries of the access control list. */
    public static final int NFS_ACE = 0x08;
    /** Server capability: the second form of listings, which tells of files without attributes. */
    public static final int READ_DIR_ATTR_V2 = 0x10;

    /** Volume capability: files are found by their ids. */
    public static final int RESOLVE_ID = 0x01;
    /** Volume capability: names are told apart by case. */
    public static final int CASE_SENSITIVE = 0x02;
    /** Volume capability: FLUSH can be asked to reach the medium. */
    public static final int FULL_SYNC = 0x04;

    private static final int SERVER_QUERY = 1;
    private static final int RESOLVE_ID_QUERY = 2;

    private static final long SERVER_CAPS = 1;
    private static final long VOLUME_CAPS = 2;
    private static final long MODEL_INFO = 4;
    private static final long KNOWN = SERVER_CAPS | VOLUME_CAPS | MODEL_INFO;

    private Aapl() {}

    /** What the client asks. */
    public sealed interface Query {
        /**
         * What can the server do?
         *
         * @param bitmap which parts of the answer are wanted
         * @param capabilities the client's own
         */
        record Server(long bitmap, long capabilities) implements Query {}

        /** What is the path of the file with this id? */
        record Resolve(long fileId) implements Query {}
    }

    /** Reads the context of a request. */
    public static Query decode(Blob data) throws MalformedMessage {
        WireReader in = data.reader();
        return switch (in.i32(0)) {
            case SERVER_QUERY -> new Query.Server(in.i64(8), in.i64(16));
            case RESOLVE_ID_QUERY -> new Query.Resolve(in.i64(8));
            default -> throw new MalformedMessage("unknown AAPL command");
        };
    }

    /**
     * The server capabilities for a client. The second form of listings takes the place of the first: the client parses only what it was
     * told.
     */
    public static int agree(long clientCapabilities) {
        boolean second = (clientCapabilities & READ_DIR_ATTR_V2) != 0;
        return OSX_COPYFILE | UNIX_BASED | NFS_ACE | (second ? READ_DIR_ATTR_V2 : READ_DIR_ATTR);
    }

    /**
     * The answer to a query about the server.
     *
     * @param model what kind of computer the server is; never left out where it was asked for: the client does not get over that
     */
    public static CreateContext answer(Query.Server query, int server, int volume, String model) {
        long bitmap = query.bitmap & KNOWN;
        var out = new WireWriter(64).i32(SERVER_QUERY).i32(0).i64(bitmap);
        if ((bitmap & SERVER_CAPS) != 0) {
            out.i64(server);
        }
        if ((bitmap & VOLUME_CAPS) != 0) {
            out.i64(volume);
        }
        if ((bitmap & MODEL_INFO) != 0) {
            out.i32(0).i32(2 * model.length()).utf16(model).align(0, 8);
        }
        return new CreateContext(NAME, out.toBlob());
    }

    /**
     * The answer to a query about a file.
     *
     * @param status an NTSTATUS value
     * @param path from the root of the share, empty where the file was not found
     */
    public static CreateContext resolved(int status, String path) {
        var out = new WireWriter(64).i32(RESOLVE_ID_QUERY).i32(0).i32(status);
        return new CreateContext(NAME, out.i32(2 * path.length()).utf16(path).toBlob());
    }
}
