package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CREATE. [MS-SMB2] 2.2.13 request, 2.2.14 response. */
public final class Create {
    /** CreateDisposition: replace the file, or create it. */
    public static final int FILE_SUPERSEDE = 0;

    /** CreateDisposition: open it, or fail. */
    public static final int FILE_OPEN = 1;

    /** CreateDisposition: create it, or fail. */
    public static final int FILE_CREATE = 2;

    /** CreateDisposition: open it, or create it. */
    public static final int FILE_OPEN_IF = 3;

    /** CreateDisposition: truncate it, or fail. */
    public static final int FILE_OVERWRITE = 4;

    /** CreateDisposition: truncate it, or create it. */
    public static final int FILE_OVERWRITE_IF = 5;

    /** CreateOptions: only a directory. */
    public static final int FILE_DIRECTORY_FILE = 0x1;

    /** CreateOptions: every write goes to stable storage. */
    public static final int FILE_WRITE_THROUGH = 0x2;

    /** CreateOptions: reading ahead is worthwhile. */
    public static final int FILE_SEQUENTIAL_ONLY = 0x4;

    /** CreateOptions: bypass caches. */
    public static final int FILE_NO_INTERMEDIATE_BUFFERING = 0x8;

    /** CreateOptions: only a file. */
    public static final int FILE_NON_DIRECTORY_FILE = 0x40;

    /** CreateOptions: the client promises not to look at extended attributes. */
    public static final int FILE_NO_EA_KNOWLEDGE = 0x200;

    /** CreateOptions: reading ahead is not worthwhile. */
    public static final int FILE_RANDOM_ACCESS = 0x800;

    /** CreateOptions: delete when the last handle is closed. */
    public static final int FILE_DELETE_ON_CLOSE = 0x1000;

    /** CreateOptions: the name is a file id. */
    public static final int FILE_OPEN_BY_FILE_ID = 0x2000;

    /** CreateOptions: use the right to back up. */
    public static final int FILE_OPEN_FOR_BACKUP_INTENT = 0x4000;

    /** CreateOptions: keep uncompressed. */
    public static final int FILE_NO_COMPRESSION = 0x8000;

    /** CreateOptions: open a reparse point itself. */
    public static final int FILE_OPEN_REPARSE_POINT = 0x200000;

    /** ShareAccess: others may read. */
    public static final int FILE_SHARE_READ = 0x1;

    /** ShareAccess: others may write. */
    public static final int FILE_SHARE_WRITE = 0x2;

    /** ShareAccess: others may delete. */
    public static final int FILE_SHARE_DELETE = 0x4;

    /** CreateAction: an existing file was replaced. */
    public static final int ACTION_SUPERSEDED = 0;

    /** CreateAction: an existing file was opened. */
    public static final int ACTION_OPENED = 1;

    /** CreateAction: a file was made. */
    public static final int ACTION_CREATED = 2;

    /** CreateAction: an existing file was truncated. */
    public static final int ACTION_OVERWRITTEN = 3;

    /** Oplock level: none. */
    public static final int OPLOCK_NONE = 0x00;

    /** Oplock level: read caching. */
    public static final int OPLOCK_LEVEL_II = 0x01;

    /** Oplock level: read and write caching. */
    public static final int OPLOCK_EXCLUSIVE = 0x08;

    /** Oplock level: read, write and handle caching. */
    public static final int OPLOCK_BATCH = 0x09;

    /** Oplock level: a lease is asked for in a context. */
    public static final int OPLOCK_LEASE = 0xFF;

    private static final int REQUEST_SIZE = 57;
    private static final int RESPONSE_SIZE = 89;
    private static final int REQUEST_BUFFER = Header.SIZE + 56;
    private static final int RESPONSE_BUFFER = Header.SIZE + 88;

    private Create() {}

    /**
     * The request.
     *
     * @param name relative to the share's root, with backslashes, as the client wrote it; empty for the root
     */
    public record Request(
            int requestedOplockLevel,
            int impersonationLevel,
            int desiredAccess,
            int fileAttributes,
            int shareAccess,
            int createDisposition,
            int createOptions,
            String name,
            List<CreateContext> contexts)
            implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            Span name = body.span(body.u16(44), body.u16(46));
            Span contexts = body.span(body.u32(48), body.u32(52));
            WireReader.require((contexts.offset() & 7) == 0, "CreateContextsOffset");
            return new Request(
                    body.u8(3),
                    body.i32(4),
                    body.i32(24),
                    body.i32(28),
                    body.i32(32),
                    body.i32(36),
                    body.i32(40),
                    body.utf16(name),
                    CreateContext.decodeList(body.slice(contexts)));
        }

        @Override
        public Command command() {
            return Command.CREATE;
        }

        @Override
        public void encode(WireWriter out) {
            int start = out.position() - Header.SIZE;
            out.u16(REQUEST_SIZE)
                    .u8(0)
                    .u8(requestedOplockLevel)
                    .i32(impersonationLevel)
                    .zeros(16);
            out.i32(desiredAccess)
                    .i32(fileAttributes)
                    .i32(shareAccess)
                    .i32(createDisposition)
                    .i32(createOptions);
            out.u16(REQUEST_BUFFER).u16(name.length() * 2);
            int list = out.position();
            out.i32(0).i32(0).utf16(name);
            if (contexts.isEmpty()) {
                out.zeros(name.isEmpty() ? 1 : 0);
                return;
            }
            writeContexts(contexts, out, start, list);
        }

        /** The data of the first context of that name, or null. */
        public @Nullable Blob context(String contextName) {
            for (CreateContext context : contexts) {
                if (context.name().equals(contextName)) {
                    return context.data();
                }
            }
            return null;
        }

        /** True where the option is set. */
        public boolean has(int createOption) {
            return (createOptions & createOption) != 0;
        }

        /** Whether what is there already loses its content. */
        public boolean replaces() {
            return switch (createDisposition) {
                case FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF -> true;
                default -> false;
            };
        }

        /** Whether what is not there is made. */
        public boolean creates() {
            return switch (createDisposition) {
                case FILE_OPEN, FILE_OVERWRITE -> false;
                default -> true;
            };
        }

        /** CreateAction of an open of something that was there. */
        public int actionOnExisting() {
            if (!replaces()) {
                return ACTION_OPENED;
            }
            return createDisposition == FILE_SUPERSEDE ? ACTION_SUPERSEDED : ACTION_OVERWRITTEN;
        }
    }

    /**
     * The response. Times are FILETIMEs, sizes are in bytes.
     *
     * @param file written by the dispatcher; whoever opens the file leaves it at {@link FileId#PREVIOUS}
     */
    public record Response(
            int oplockLevel,
            int createAction,
            long creationTime,
            long lastAccessTime,
            long lastWriteTime,
            long changeTime,
            long allocationSize,
            long endOfFile,
            int fileAttributes,
            FileId file,
            List<CreateContext> contexts)
            implements Smb2Response {
        static Response decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, RESPONSE_SIZE);
            Span contexts = body.span(body.u32(80), body.u32(84));
            return new Response(
                    body.u8(2),
                    body.i32(4),
                    body.i64(8),
                    body.i64(16),
                    body.i64(24),
                    body.i64(32),
                    body.i64(40),
                    body.i64(48),
                    body.i32(56),
                    FileId.decode(body, 64),
                    CreateContext.decodeList(body.slice(contexts)));
        }

        @Override
        public void encode(WireWriter out) {
            int start = out.position() - Header.SIZE;
            out.u16(RESPONSE_SIZE).u8(oplockLevel).u8(0).i32(createAction);
            out.i64(creationTime).i64(lastAccessTime).i64(lastWriteTime).i64(changeTime);
            out.i64(allocationSize).i64(endOfFile).i32(fileAttributes).i32(0);
            file.encode(out);
            int list = out.position();
            out.i32(0).i32(0);
            assert out.position() - start == RESPONSE_BUFFER;
            writeContexts(contexts, out, start, list);
        }

        /** The same response with other contexts. */
        public Response withContexts(List<CreateContext> others) {
            return with(oplockLevel, file, List.copyOf(others));
        }

        /** The same response with one context more. */
        public Response with(CreateContext context) {
            var more = new ArrayList<>(contexts);
            more.add(context);
            return with(oplockLevel, file, List.copyOf(more));
        }

        /** The same response without the contexts of a name. */
        public Response without(String contextName) {
            return with(
                    oplockLevel,
                    file,
                    contexts.stream()
                            .filter(context -> !context.name().equals(contextName))
                            .toList());
        }

        /** The same response with another oplock. */
        public Response withOplock(int level) {
            return with(level, file, contexts);
        }

        /** The same response with the handle that was given to the open. */
        public Response withFile(FileId id) {
            return with(oplockLevel, id, contexts);
        }

        private Response with(int level, FileId id, List<CreateContext> others) {
            return new Response(
                    level,
                    createAction,
                    creationTime,
                    lastAccessTime,
                    lastWriteTime,
                    changeTime,
                    allocationSize,
                    endOfFile,
                    fileAttributes,
                    id,
                    others);
        }
    }

    private static void writeContexts(List<CreateContext> contexts, WireWriter out, int start, int list) {
        if (contexts.isEmpty()) {
            return;
        }
        out.align(start, 8);
        int at = out.position();
        CreateContext.encodeList(contexts, out);
        out.patch32(list, at - start);
        out.patch32(list + 4, out.position() - at);
    }
}
