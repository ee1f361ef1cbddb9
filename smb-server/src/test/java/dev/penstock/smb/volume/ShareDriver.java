package dev.penstock.smb.volume;

import dev.penstock.memory.SlabPool;
import dev.penstock.smb.command.Alarms;
import dev.penstock.smb.command.Holder;
import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.SessionNotes;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Write;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Does to a share what a client does, without a wire between. */
final class ShareDriver {
    static final int SHARE_ALL = Create.FILE_SHARE_READ | Create.FILE_SHARE_WRITE | Create.FILE_SHARE_DELETE;

    final SlabPool slabs = new SlabPool(List.of(new SlabPool.SizeClass(1 << 20, 4)));
    private final Share share;
    private final RequestContext context;

    ShareDriver(Share share) {
        this.share = share;
        var client = new RequestContext.Client("127.0.0.1", new Guid(1, 2), 0x311, 1 << 20, 1 << 20, 1 << 20);
        var header = new Header(1, 0, 5, 1, 0, 0, 1, 0, 1, 1);
        this.context = new RequestContext(
                header,
                client,
                new User("ada"),
                1,
                1,
                share,
                slabs,
                Runnable::run,
                new SessionNotes(),
                false,
                System.nanoTime(),
                Holder.NOBODY,
                Alarms.NEVER);
    }

    RequestContext context() {
        return context;
    }

    /** A CREATE in the making. */
    record Ask(String name, int access, int disposition, int options, int share, int attributes) {
        static Ask of(String name) {
            return new Ask(name, AccessMask.FILE_ALL, Create.FILE_OPEN, 0, SHARE_ALL, 0);
        }

        Ask access(int mask) {
            return new Ask(name, mask, disposition, options, share, attributes);
        }

        Ask make() {
            return new Ask(name, access, Create.FILE_CREATE, options, share, attributes);
        }

        Ask makeFolder() {
            return new Ask(name, access, Create.FILE_CREATE, Create.FILE_DIRECTORY_FILE, share, attributes);
        }

        Ask disposition(int value) {
            return new Ask(name, access, value, options, share, attributes);
        }

        Ask options(int value) {
            return new Ask(name, access, disposition, value, share, attributes);
        }

        Ask share(int value) {
            return new Ask(name, access, disposition, options, value, attributes);
        }
    }

    Outcome create(Ask ask) {
        return share.create(
                context,
                new Create.Request(
                        0,
                        2,
                        ask.access,
                        ask.attributes,
                        ask.share,
                        ask.disposition,
                        ask.options,
                        ask.name,
                        List.of()));
    }

    Open open(Ask ask) {
        return opened(create(ask)).open();
    }

    static Outcome.Opened opened(Outcome outcome) {
        if (outcome instanceof Outcome.Opened opened) {
            return opened;
        }
        throw new AssertionError("not opened: " + outcome);
    }

    NtStatus refusal(Ask ask) {
        return status(create(ask));
    }

    static NtStatus status(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done done -> done.status();
            case Outcome.Failed failed -> failed.status();
            case Outcome.Opened _ -> NtStatus.SUCCESS;
            case Outcome.Pending _ -> NtStatus.PENDING;
        };
    }

    void close(Open open) {
        open.close(context, new Close.Request(0, FileId.PREVIOUS));
    }

    SessionNotes notes() {
        return context.notes();
    }

    Outcome write(Open open, long offset, String text) {
        return write(open, offset, text.getBytes(StandardCharsets.UTF_8));
    }

    Outcome writeLatin(Open open, long offset, String text) {
        return write(open, offset, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private Outcome write(Open open, long offset, byte[] bytes) {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return open.write(context, new Write.Request(Span.EMPTY, offset, FileId.PREVIOUS, 0, 0, Blob.EMPTY, 0), direct);
    }

    Outcome read(Open open, long offset, int length) {
        return open.read(context, new Read.Request(0, length, offset, FileId.PREVIOUS, 0, 0, 0, Blob.EMPTY));
    }

    /** What is read without waiting; null where that is not possible. */
    @Nullable
    String readNow(Open open, long offset, int length) {
        var request = new Read.Request(0, length, offset, FileId.PREVIOUS, 0, 0, 0, Blob.EMPTY);
        Outcome outcome = open.readNow(context, request);
        return outcome == null ? null : text(outcome);
    }

    String readText(Open open, long offset, int length) {
        return text(read(open, offset, length));
    }

    private static String text(Outcome outcome) {
        if (!(outcome instanceof Outcome.Done done)) {
            throw new AssertionError("not read: " + outcome);
        }
        byte[] bytes = bytes(done.payload());
        done.payload().release();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static byte[] bytes(Payload payload) {
        var out = new byte[payload.length()];
        switch (payload) {
            case Payload.Bytes b -> b.data().duplicate().get(out);
            case Payload.Slab s -> s.lease().memory().asByteBuffer().get(s.offset(), out);
            case Payload.FileRange _ -> throw new AssertionError("not asked for");
        }
        return out;
    }

    NtStatus set(Open open, int informationClass, WireWriter info) {
        return status(open.setInfo(
                context,
                new SetInfo.Request(QueryInfo.INFO_FILE, informationClass, info.toBlob(), 0, FileId.PREVIOUS)));
    }

    NtStatus rename(Open open, String to, boolean replace) {
        return set(
                open,
                10,
                new WireWriter()
                        .u8(replace ? 1 : 0)
                        .zeros(15)
                        .i32(2 * to.length())
                        .utf16(to));
    }

    NtStatus delete(Open open) {
        return set(open, 13, new WireWriter().u8(1));
    }

    byte[] info(Open open, int type, int informationClass, int room) {
        var outcome = open.queryInfo(
                context, new QueryInfo.Request(type, informationClass, room, 7, 0, FileId.PREVIOUS, Blob.EMPTY));
        return outcome instanceof Outcome.Done done ? bytes(done.payload()) : new byte[0];
    }

    Outcome lock(Open open, dev.penstock.smb.wire.smb2.Lock.Element... elements) {
        return open.lock(context, new dev.penstock.smb.wire.smb2.Lock.Request(0, FileId.PREVIOUS, List.of(elements)));
    }

    /** Names in a folder, by as many requests as it takes with this buffer. */
    List<String> list(Open folder, String pattern, int room) {
        var names = new ArrayList<String>();
        int flags = QueryDirectory.RESTART_SCANS;
        while (true) {
            var outcome = folder.queryDirectory(
                    context, new QueryDirectory.Request(1, flags, 0, FileId.PREVIOUS, pattern, room));
            flags = 0;
            if (!(outcome instanceof Outcome.Done done)) {
                var expected = names.isEmpty() ? NtStatus.NO_SUCH_FILE : NtStatus.NO_MORE_FILES;
                if (status(outcome) != expected) {
                    throw new AssertionError("listing ended with " + outcome);
                }
                return names;
            }
            var in = ByteBuffer.wrap(bytes(done.payload())).order(ByteOrder.LITTLE_ENDIAN);
            int at = 0;
            int next;
            do {
                next = in.getInt(at);
                var name = new byte[in.getInt(at + 60)];
                in.get(at + 64, name);
                names.add(new String(name, StandardCharsets.UTF_16LE));
                at += next;
            } while (next != 0);
        }
    }
}
