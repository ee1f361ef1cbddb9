package dev.penstock.smb.macclient;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Smb2Request;
import dev.penstock.smb.wire.smb2.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file that an application on the Mac has open. */
final class MacFile implements AutoCloseable {
    private static final int FULL_SYNC = 0xFFFF;
    private static final long WHOLE_FILE = -1;
    private static final int RENAME = 10;
    private static final int ALLOCATION = 19;
    private static final int END_OF_FILE = 20;
    private static final int QUANTUM = 1 << 20;
    private static final int IN_FLIGHT = 8;

    private final Mac mac;
    private final MacCreate how;
    private Create.Response opened;
    private MacContexts contexts;

    MacFile(Mac mac, MacCreate how, Create.Response opened, MacContexts contexts) {
        this.mac = mac;
        this.how = how;
        this.opened = opened;
        this.contexts = contexts;
    }

    FileId id() {
        return opened.file();
    }

    MacCreate how() {
        return how;
    }

    /** What the server said when it opened the file. */
    Create.Response opened() {
        return opened;
    }

    MacContexts contexts() {
        return contexts;
    }

    /** The file's number, as it was told with the handle. */
    long fileId() {
        return contexts.diskFileId;
    }

    /** What is kept of the file, as bits of {@link LeaseState}. */
    int lease() {
        return contexts.lease == null ? 0 : contexts.lease.state();
    }

    byte[] read(long offset, int length) {
        MacWire.Reply reply = mac.ask(readRequest(offset, length));
        if (reply.status() == NtStatus.END_OF_FILE) {
            return new byte[0];
        }
        Mac.check(reply);
        return bytes(reply);
    }

    /** All of it, a megabyte at a time and eight at once. */
    byte[] readAll() {
        long size = size();
        var whole = new byte[Math.toIntExact(size)];
        var waiting = new ArrayList<MacWire.Waiting>();
        for (int at = 0, sent = 0; at < size; at += QUANTUM) {
            for (; sent < size && waiting.size() < IN_FLIGHT; sent += QUANTUM) {
                waiting.add(mac.start(readRequest(sent, (int) Math.min(QUANTUM, size - sent))));
            }
            MacWire.Reply reply = waiting.removeFirst().get();
            Mac.check(reply);
            byte[] bytes = bytes(reply);
            System.arraycopy(bytes, 0, whole, at, bytes.length);
        }
        return whole;
    }

    private Read.Request readRequest(long offset, int length) {
        return new Read.Request(0, length, offset, id(), 0, Read.CHANNEL_NONE, 0, Blob.EMPTY);
    }

    static byte[] bytes(MacWire.Reply reply) {
        Span data = ((Read.Response) reply.body()).data();
        return reply.reader().blob(data).toArray();
    }

    void write(long offset, byte[] bytes) {
        var waiting = new ArrayList<MacWire.Waiting>();
        for (int at = 0; at < bytes.length; at += QUANTUM) {
            if (waiting.size() == IN_FLIGHT) {
                Mac.check(waiting.removeFirst().get());
            }
            waiting.add(startWrite(offset + at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + QUANTUM))));
        }
        waiting.forEach(one -> Mac.check(one.get()));
    }

    MacWire.Waiting startWrite(long offset, byte[] bytes) {
        return mac.wire().send(List.of(writing(offset, bytes, 0))).getFirst();
    }

    /** The same once more, on another connection of the session: with the flag, and a channel sequence of 0 as ever. */
    MacWire.Reply writeAgain(MacWire channel, long offset, byte[] bytes) {
        return channel.send(List.of(writing(offset, bytes, Header.REPLAY)))
                .getFirst()
                .get();
    }

    MacWire.Sent writing(long offset, byte[] bytes, int flags) {
        return new MacWire.Sent(writeRequest(id(), offset, bytes.length), bytes, mac.tree(), flags);
    }

    static Write.Request writeRequest(FileId file, long offset, int length) {
        var data = new Span(Write.DATA_OFFSET, length);
        return new Write.Request(data, offset, file, Read.CHANNEL_NONE, 0, Blob.EMPTY, 0);
    }

    /** fsync. */
    void flush() {
        ask(new Flush.Request(0, id()));
    }

    /** fcntl(F_FULLFSYNC): not only to the drive, but through its cache. */
    void fullSync() {
        ask(new Flush.Request(FULL_SYNC, id()));
    }

    /** flock(LOCK_EX | LOCK_NB): one lock over everything there can be. */
    NtStatus lock() {
        return lock(Lock.EXCLUSIVE_LOCK | Lock.FAIL_IMMEDIATELY);
    }

    void unlock() {
        NtStatus status = lock(Lock.UNLOCK);
        if (status != NtStatus.SUCCESS) {
            throw new Refused("unlock", status);
        }
    }

    private NtStatus lock(int flags) {
        return mac.ask(lockRequest(flags)).status();
    }

    private Lock.Request lockRequest(int flags) {
        return new Lock.Request(0, id(), List.of(new Lock.Element(0, WHOLE_FILE, flags)));
    }

    /** {@link #lock} as it is sent. */
    MacWire.Sent locking(int headerFlags) {
        var request = lockRequest(Lock.EXCLUSIVE_LOCK | Lock.FAIL_IMMEDIATELY);
        return new MacWire.Sent(request, new byte[0], mac.tree(), headerFlags);
    }

    /** A rename by the handle as it is sent. */
    MacWire.Sent renaming(String to, int headerFlags) {
        String wire = MacNames.toWire(to);
        var info = new WireWriter().zeros(16).i32(2 * wire.length()).utf16(wire);
        return new MacWire.Sent(setInfo(id(), RENAME, info), new byte[0], mac.tree(), headerFlags);
    }

    /** fcntl(F_PREALLOCATE). */
    void preallocate(long bytes) {
        set(ALLOCATION, bytes);
    }

    /** ftruncate. */
    void size(long bytes) {
        set(END_OF_FILE, bytes);
    }

    private void set(int informationClass, long value) {
        ask(setInfo(id(), informationClass, new WireWriter().i64(value)));
    }

    static SetInfo.Request setInfo(FileId file, int informationClass, WireWriter info) {
        return new SetInfo.Request(QueryInfo.INFO_FILE, informationClass, info.toBlob(), 0, file);
    }

    long size() {
        return standard(8);
    }

    long allocated() {
        return standard(0);
    }

    /** FileStandardInformation. */
    private long standard(int at) {
        MacWire.Reply reply = mac.ask(new QueryInfo.Request(QueryInfo.INFO_FILE, 5, 24, 0, 0, id(), Blob.EMPTY));
        Mac.check(reply);
        Span output = ((QueryInfo.Response) reply.body()).output();
        return reply.reader().buffer(output).getLong(at);
    }

    MacWire.Waiting startControl(int code, byte[] input, int room) {
        return mac.start(new Ioctl.Request(code, id(), Blob.of(input), 0, room, Ioctl.IS_FSCTL));
    }

    /** After a sleep: the same handle over another connection. */
    void takeBack(Guid createGuid) {
        takeBack(createGuid, null);
    }

    /** The same where the file has another path by now; null where it has not. */
    void takeBack(Guid createGuid, @Nullable String path) {
        MacCreate back = how.back(id(), createGuid);
        MacFile again = mac.open(new MacCreate(
                path == null ? back.path() : MacNames.toWire(path),
                back.access(),
                back.attributes(),
                back.share(),
                back.disposition(),
                back.options(),
                back.contexts()));
        opened = again.opened;
        contexts = again.contexts;
    }

    Smb2Request closing() {
        return new Close.Request(Close.POSTQUERY_ATTRIB, id());
    }

    private void ask(Smb2Request request) {
        Mac.check(mac.ask(request));
    }

    @Override
    public void close() {
        ask(closing());
    }
}
