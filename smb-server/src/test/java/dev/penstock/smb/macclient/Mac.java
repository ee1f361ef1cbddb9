package dev.penstock.smb.macclient;

import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A Mac that has a share mounted. One thread, beside those of the wires, which take lease breaks. */
final class Mac implements AutoCloseable {
    /** All that Apple's client knows but the one that is for its own servers only. */
    static final int NEW = 0x1F;

    /** The same before the second form of listings. */
    static final int OLD = 0x0F;

    static final int READ_DIR_ATTR = 0x01;
    static final int OSX_COPYFILE = 0x02;
    static final int UNIX_BASED = 0x04;
    static final int NFS_ACE = 0x08;
    static final int READ_DIR_ATTR_V2 = 0x10;
    static final int RESOLVE_ID = 0x01;
    static final int CASE_SENSITIVE = 0x02;
    static final int FULL_SYNC = 0x04;

    private static final int NAMED_STREAMS = 0x40000;
    private static final int NOTIFY_BYTES = 64 << 10;

    /** Names, attributes, time of creation, rights, streams: what a Mac watches a folder for. */
    private static final int WATCHED = 0x1 | 0x2 | 0x4 | 0x40 | 0x100 | 0x400 | 0x800;

    private static final int EVERYTHING = 0xFFF;

    private final InetSocketAddress server;
    private final UserStore users;
    private final String share;
    private final int knows;
    private final Guid client = MacSession.random();
    private final Guid rootKey = MacSession.random();
    private final Map<String, Guid> folderKeys = new ConcurrentHashMap<>();

    /** Leases that the server has taken back, in the order in which it told. */
    private final List<LeaseBreak.Notification> broken = java.util.Collections.synchronizedList(new ArrayList<>());

    /** Told of each lease that goes, on the wire's thread. */
    private final List<Consumer<Guid>> keepers = new CopyOnWriteArrayList<>();

    private final AtomicInteger framesBefore = new AtomicInteger();

    private MacSession session;
    private int tree;
    private MacContexts.Server capabilities;

    private Mac(InetSocketAddress server, UserStore users, String share, int knows) throws IOException {
        this.server = server;
        this.users = users;
        this.share = share;
        this.knows = knows;
        this.session = logOn(0);
        this.tree = session.connect(share);
        this.capabilities = askServer();
    }

    private Mac(Mac first, String share) {
        this.server = first.server;
        this.users = first.users;
        this.share = share;
        this.knows = first.knows;
        this.session = first.session;
        this.tree = session.connect(share);
        this.capabilities = first.capabilities;
    }

    /** Mounts a share, as the user "ada". */
    static Mac mount(InetSocketAddress server, UserStore users, String share, int knows) throws IOException {
        var mac = new Mac(server, users, share, knows);
        mac.checkVolume();
        return mac;
    }

    private MacSession logOn(long previous) throws IOException {
        return MacSession.logOn(server, client, users, "ada", previous, this::onBreak);
    }

    /** The first thing on a new mount. */
    private MacContexts.Server askServer() {
        try (MacFile root =
                open(MacCreate.openFolder("", MacCreate.READS).askServer(knows).askAccess())) {
            return Objects.requireNonNull(root.contexts().server, "the server does not know AAPL");
        }
    }

    /** Whatever is not NTFS with streams gets ._ files. */
    private void checkVolume() {
        Blob attributes = volume(5, 64);
        WireReader in = attributes.reader();
        try {
            Ebadrpc.unless((in.i32(0) & NAMED_STREAMS) != 0, "no streams");
            Ebadrpc.unless(in.utf16(new Span(12, in.i32(8))).equals("NTFS"), "a file system that Macs do not trust");
        } catch (MalformedMessage e) {
            throw new Ebadrpc(String.valueOf(e.getMessage()));
        }
    }

    /** Of FileFsFullSizeInformation: bytes in all, and bytes that are free to the user. */
    long[] space() {
        ByteBuffer sizes = volume(7, 32).buffer().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        long unit = (long) sizes.getInt(24) * sizes.getInt(28);
        return new long[] {sizes.getLong(0) * unit, sizes.getLong(8) * unit};
    }

    /** Create, QueryInfo, Close in one message. */
    private Blob volume(int informationClass, int room) {
        List<MacWire.Reply> replies = chain(
                MacCreate.openFolder("", MacCreate.READS),
                new QueryInfo.Request(
                        QueryInfo.INFO_FILESYSTEM, informationClass, room, 0, 0, FileId.PREVIOUS, Blob.EMPTY),
                closePrevious());
        replies.forEach(Mac::check);
        return output(replies.get(1));
    }

    MacContexts.Server capabilities() {
        return capabilities;
    }

    MacWire wire() {
        return session.wire();
    }

    MacSession session() {
        return session;
    }

    int tree() {
        return tree;
    }

    boolean second() {
        return capabilities.has(READ_DIR_ATTR_V2);
    }

    /** Messages so far that had to be waited for. */
    int frames() {
        return framesBefore.get() + wire().frames();
    }

    List<LeaseBreak.Notification> broken() {
        return List.copyOf(broken);
    }

    /** On the wire's thread: what was kept is forgotten, and where data is held back it would be written first. */
    private void onBreak(LeaseBreak.Notification notification) {
        broken.add(notification);
        keepers.forEach(keeper -> keeper.accept(notification.leaseKey()));
        if ((notification.flags() & LeaseBreak.ACK_REQUIRED) != 0) {
            var acknowledgment = new LeaseBreak.Acknowledgment(0, notification.leaseKey(), notification.newState(), 0);
            wire().send(List.of(MacWire.Sent.of(acknowledgment, tree)));
        }
    }

    void whenBroken(Consumer<Guid> keeper) {
        keepers.add(keeper);
    }

    boolean isBroken(Guid leaseKey) {
        return broken.stream().anyMatch(n -> n.leaseKey().equals(leaseKey));
    }

    /** A folder's lease key is the same as long as the Mac remembers the folder. */
    Guid folderKey(String wirePath) {
        return wirePath.isEmpty() ? rootKey : folderKeys.computeIfAbsent(wirePath, _ -> MacSession.random());
    }

    MacWire.Reply ask(Smb2Request request) {
        return wire().ask(request, tree);
    }

    MacWire.Waiting start(Smb2Request request) {
        return wire().send(List.of(MacWire.Sent.of(request, tree))).getFirst();
    }

    /** A CREATE and what is to be done with its file, in one message. */
    List<MacWire.Reply> chain(MacCreate create, Smb2Request... rest) {
        var members = new ArrayList<MacWire.Sent>();
        members.add(MacWire.Sent.of(create.request(), tree));
        for (Smb2Request request : rest) {
            members.add(MacWire.Sent.of(request, tree));
        }
        return send(create, members);
    }

    List<MacWire.Reply> send(MacCreate create, List<MacWire.Sent> members) {
        List<MacWire.Reply> replies =
                wire().send(members).stream().map(MacWire.Waiting::get).toList();
        if (replies.getFirst().status() == NtStatus.SUCCESS) {
            MacContexts.of(replies.getFirst(), create.contexts());
        }
        return replies;
    }

    static Close.Request closePrevious() {
        return new Close.Request(Close.POSTQUERY_ATTRIB, FileId.PREVIOUS);
    }

    static Blob output(MacWire.Reply reply) {
        return reply.reader().blob(((QueryInfo.Response) reply.body()).output());
    }

    static void check(MacWire.Reply reply) {
        if (reply.status() != NtStatus.SUCCESS) {
            throw new Refused(
                    String.valueOf(
                            dev.penstock.smb.wire.smb2.Command.of(reply.header().command())),
                    reply.status());
        }
    }

    MacFile open(MacCreate how) {
        return opened(how, ask(how.request()));
    }

    MacFile opened(MacCreate how, MacWire.Reply reply) {
        check(reply);
        return new MacFile(this, how, (Create.Response) reply.body(), MacContexts.of(reply, how.contexts()));
    }

    /** As an application opens a file to work with it: with a lease, and a handle that outlives the connection. */
    MacFile openToWrite(String path, Guid createGuid) {
        return openToWrite(path, createGuid, 2);
    }

    /** The same with handles and leases of a version: the second is Time Machine's, and that of newer clients. */
    MacFile openToWrite(String path, Guid createGuid, int version) {
        String wire = MacNames.toWire(path);
        int state = LeaseState.READ | LeaseState.WRITE | LeaseState.HANDLE;
        MacCreate create = MacCreate.open(wire, MacCreate.READS | MacCreate.WRITES)
                .disposition(Create.FILE_OPEN_IF)
                .askFileId();
        return open(
                version == 1
                        ? create.durableOne(MacSession.random(), state)
                        : create.durable(createGuid, 0).lease(MacSession.random(), state, folderKey(parent(wire))));
    }

    /** As the file calls open what they rename, lock or delete. */
    MacFile openToDelete(String path) {
        return open(MacCreate.open(MacNames.toWire(path), MacCreate.READS | MacCreate.WRITES | AccessMask.DELETE)
                .disposition(Create.FILE_OPEN_IF));
    }

    static String parent(String wirePath) {
        return wirePath.substring(0, Math.max(0, wirePath.lastIndexOf('\\')));
    }

    /** Asks to be told of changes in a folder. */
    MacWire.Waiting watch(MacFile folder) {
        return start(new ChangeNotify.Request(0, NOTIFY_BYTES, folder.id(), WATCHED));
    }

    /** Asks to be told when the server is about to stop: of no file, for everything. */
    MacWire.Waiting watchServer() {
        return start(new ChangeNotify.Request(0, NOTIFY_BYTES, FileId.PREVIOUS, EVERYTHING));
    }

    /** What happened: an action and a name for each, as "1 name". */
    static List<String> changes(MacWire.Reply reply) {
        check(reply);
        Span output = ((ChangeNotify.Response) reply.body()).output();
        WireReader in = reply.reader().slice(output);
        var changes = new ArrayList<String>();
        try {
            int at = 0;
            int next = output.length() == 0 ? -1 : 0;
            while (next >= 0) {
                next = in.i32(at);
                String name = in.utf16(in.span(at + 12L, in.i32(at + 8)));
                changes.add(in.i32(at + 4) + " " + MacNames.toLocal(name));
                at += next;
                next = next == 0 ? -1 : next;
            }
            return changes;
        } catch (MalformedMessage e) {
            throw new Ebadrpc("CHANGE_NOTIFY: " + e.getMessage());
        }
    }

    /** Another share of the same server, in the same session: what the server has told of itself holds there, too. */
    Mac alsoMount(String other) {
        return new Mac(this, other);
    }

    /** The lid is shut, or the cable pulled: the connection dies without a word. */
    void lose() {
        wire().cut();
    }

    /** Awake, or plugged in again: a new session, which ends the lost one. Handles are taken back one by one. */
    void comeBack() throws IOException {
        framesBefore.addAndGet(wire().frames());
        session = logOn(wire().session());
        tree = session.connect(share);
        capabilities = askServer();
    }

    /** The session goes on over another connection that it has. */
    void goOnWith(MacSession channel) {
        session = channel;
    }

    @Override
    public void close() {
        wire().close();
    }
}
