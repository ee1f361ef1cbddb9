package dev.penstock.smb.macclient;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The calls that macOS makes of a file system, by path, as smbfs turns them into messages. Paths have slashes, and colons for the Finder's. */
final class MacFiles {
    private static final int ID_BOTH_DIRECTORY = 37;
    private static final int BASIC = 4;
    private static final int RENAME = 10;
    private static final int DISPOSITION = 13;
    private static final int STREAMS = 22;
    private static final int SET_REPARSE_POINT = 0x000900A4;
    private static final int GET_REPARSE_POINT = 0x000900A8;
    private static final int REQUEST_RESUME_KEY = 0x00140078;
    private static final int COPYCHUNK = 0x001440F2;
    private static final int SYMLINK = 0xA000000C;
    private static final int FIRST_READ = 64 << 10;
    private static final int READ_ATTRIBUTES = AccessMask.READ_ATTRIBUTES | AccessMask.SYNCHRONIZE;
    private static final String FINDER_INFO = "com.apple.FinderInfo";
    private static final String RESOURCE_FORK = "com.apple.ResourceFork";

    private final Mac mac;
    private final int listingBytes;

    /** Listings that are good until their lease breaks, by the folder's path. The folder stays open as long. */
    private final Map<String, Listing> listings = new ConcurrentHashMap<>();

    private record Listing(Guid key, MacFile open, List<MacEntry> entries) {}

    MacFiles(Mac mac) {
        this(mac, mac.session().listingBytes());
    }

    MacFiles(Mac mac, int listingBytes) {
        this.mac = mac;
        this.listingBytes = listingBytes;
        mac.whenBroken(key -> listings.forEach((path, listing) -> {
            if (listing.key.equals(key)) {
                forgetListing(path);
            }
        }));
    }

    /** opendir, readdir to the end, closedir; nothing of it where a lease says that nothing has changed. */
    List<MacEntry> list(String folder) {
        String wire = MacNames.toWire(folder);
        Guid key = mac.folderKey(wire);
        Listing kept = listings.get(wire);
        if (kept != null) {
            return kept.entries;
        }
        var create = MacCreate.openFolder(wire, MacCreate.READS).folderLease(key);
        var entries = new ArrayList<MacEntry>();
        List<MacWire.Reply> replies = mac.chain(create, search(FileId.PREVIOUS, QueryDirectory.RESTART_SCANS, "*"));
        MacFile open = mac.opened(create, replies.getFirst());
        boolean leased = (open.lease() & LeaseState.READ) != 0;
        MacWire.Reply reply = replies.getLast();
        while (reply.status() == NtStatus.SUCCESS) {
            entries.addAll(entries(reply));
            reply = mac.ask(search(open.id(), 0, "*"));
        }
        if (reply.status() != NtStatus.NO_MORE_FILES) {
            Mac.check(reply);
        }
        if (leased) {
            listings.put(wire, new Listing(key, open, List.copyOf(entries)));
        } else {
            open.close();
        }
        return entries;
    }

    private QueryDirectory.Request search(FileId folder, int flags, String pattern) {
        return new QueryDirectory.Request(ID_BOTH_DIRECTORY, flags, 0, folder, pattern, listingBytes);
    }

    private List<MacEntry> entries(MacWire.Reply reply) {
        Span output = ((QueryDirectory.Response) reply.body()).output();
        return MacEntry.parse(reply.reader().slice(output), mac.second());
    }

    Map<String, MacEntry> byName(String folder) {
        var entries = new HashMap<String, MacEntry>();
        list(folder).forEach(e -> entries.put(e.name(), e));
        return entries;
    }

    /** What the client does itself it knows, and the server does not tell it. */
    private void forget(String wirePath) {
        forgetListing(Mac.parent(wirePath));
        forgetListing(wirePath);
    }

    private void forgetListing(String folder) {
        Listing listing = listings.remove(folder);
        if (listing != null) {
            mac.start(listing.open.closing());
        }
    }

    /** lookup: one name of a folder, in one message. */
    @Nullable
    MacEntry find(String path) {
        String wire = MacNames.toWire(path);
        String parent = Mac.parent(wire);
        String name = parent.isEmpty() ? wire : wire.substring(parent.length() + 1);
        List<MacWire.Reply> replies = mac.chain(
                MacCreate.openFolder(parent, MacCreate.READS),
                search(FileId.PREVIOUS, QueryDirectory.RESTART_SCANS | QueryDirectory.RETURN_SINGLE_ENTRY, name),
                Mac.closePrevious());
        Mac.check(replies.getFirst());
        if (replies.get(1).status() == NtStatus.NO_SUCH_FILE) {
            return null;
        }
        Mac.check(replies.get(1));
        Mac.check(replies.get(2));
        return entries(replies.get(1)).getFirst();
    }

    MacEntry entry(String path) {
        return Objects.requireNonNull(find(path), path);
    }

    /** open(O_CREAT), write, close. */
    void write(String path, byte[] bytes) {
        String wire = MacNames.toWire(path);
        forget(wire);
        try (MacFile file = mac.open(MacCreate.open(wire, MacCreate.READS | MacCreate.WRITES)
                .disposition(Create.FILE_OVERWRITE_IF)
                .askFileId()
                .durable(MacSession.random(), 0)
                .lease(MacSession.random(), LeaseState.ALL, mac.folderKey(Mac.parent(wire))))) {
            file.write(0, bytes);
        }
    }

    /** open, read, close: of a short file, one message. */
    byte[] read(String path) {
        return content(MacNames.toWire(path));
    }

    private byte[] content(String wire) {
        var create = MacCreate.open(wire, MacCreate.READS);
        var read = new Read.Request(0, FIRST_READ, 0, FileId.PREVIOUS, 0, Read.CHANNEL_NONE, 0, Blob.EMPTY);
        List<MacWire.Reply> replies = mac.chain(create, read, Mac.closePrevious());
        Mac.check(replies.getFirst());
        if (replies.get(1).status() == NtStatus.END_OF_FILE) {
            return new byte[0];
        }
        Mac.check(replies.get(1));
        byte[] bytes = MacFile.bytes(replies.get(1));
        if (bytes.length < FIRST_READ) {
            return bytes;
        }
        try (MacFile file = mac.open(create)) {
            return file.readAll();
        }
    }

    void makeFolder(String path) {
        String wire = MacNames.toWire(path);
        forget(wire);
        all(mac.chain(
                MacCreate.openFolder(wire, READ_ATTRIBUTES)
                        .disposition(Create.FILE_CREATE)
                        .askFileId(),
                Mac.closePrevious()));
    }

    /** unlink, rmdir. */
    void delete(String path) {
        String wire = MacNames.toWire(path);
        forget(wire);
        set(wire, DISPOSITION, new WireWriter().u8(1));
    }

    /** rename: what has the new name already goes first, unless it is the same file in another spelling. */
    void rename(String from, String to) {
        MacEntry old = find(to);
        if (old != null && old.fileId() != entry(from).fileId()) {
            delete(to);
        }
        String wire = MacNames.toWire(to);
        forget(wire);
        forget(MacNames.toWire(from));
        set(
                MacNames.toWire(from),
                RENAME,
                new WireWriter().zeros(16).i32(2 * wire.length()).utf16(wire));
    }

    private void set(String wire, int informationClass, WireWriter info) {
        int access = AccessMask.DELETE | READ_ATTRIBUTES;
        all(mac.chain(
                MacCreate.open(wire, access).options(Create.FILE_OPEN_REPARSE_POINT),
                MacFile.setInfo(FileId.PREVIOUS, informationClass, info),
                Mac.closePrevious()));
    }

    /** setattrlist of the time of creation, a FILETIME. */
    void setCreated(String path, long time) {
        var basic = new WireWriter().i64(time).i64(0).i64(0).i64(0).i64(0);
        all(mac.chain(
                MacCreate.open(MacNames.toWire(path), AccessMask.WRITE_ATTRIBUTES | AccessMask.SYNCHRONIZE),
                MacFile.setInfo(FileId.PREVIOUS, BASIC, basic),
                Mac.closePrevious()));
    }

    private static void all(List<MacWire.Reply> replies) {
        replies.forEach(Mac::check);
    }

    /** symlink: the target is the Mac's business, and goes as it is but for its slashes. */
    void makeLink(String path, String target) {
        String wire = MacNames.toWire(path);
        forget(wire);
        String goal = MacNames.pathToWire(target);
        int bytes = 2 * goal.length();
        var data = new WireWriter()
                .i32(SYMLINK)
                .u16(12 + 2 * bytes)
                .u16(0)
                .u16(0)
                .u16(bytes)
                .u16(bytes)
                .u16(bytes)
                .i32(target.startsWith("/") ? 0 : 1)
                .utf16(goal)
                .utf16(goal);
        int access = MacCreate.READS | MacCreate.WRITES | AccessMask.DELETE | AccessMask.SYNCHRONIZE;
        all(mac.chain(
                MacCreate.open(wire, access).disposition(Create.FILE_CREATE).askFileId(),
                new Ioctl.Request(SET_REPARSE_POINT, FileId.PREVIOUS, data.toBlob(), 0, 0, Ioctl.IS_FSCTL),
                Mac.closePrevious()));
    }

    /** readlink. */
    String link(String path) {
        List<MacWire.Reply> replies = mac.chain(
                MacCreate.open(MacNames.toWire(path), READ_ATTRIBUTES).options(Create.FILE_OPEN_REPARSE_POINT),
                new Ioctl.Request(GET_REPARSE_POINT, FileId.PREVIOUS, Blob.EMPTY, 0, 16 << 10, Ioctl.IS_FSCTL),
                Mac.closePrevious());
        all(replies);
        WireReader in = ((Ioctl.Response) replies.get(1).body()).output().reader();
        try {
            Ebadrpc.unless(in.i32(0) == SYMLINK, "Bad reparse tag");
            int length = in.u16(10);
            Ebadrpc.unless(length > 0, "SubstituteNameLength too large or zero");
            return MacNames.pathToLocal(in.utf16(in.span(20L + in.u16(8), length)));
        } catch (MalformedMessage e) {
            throw new Ebadrpc("reparse point: " + e.getMessage());
        }
    }

    /** What an alias asks for: the path of a file by its id, with slashes; null where there is none any more. */
    @Nullable
    String resolve(long fileId) {
        var create = MacCreate.openFolder("", READ_ATTRIBUTES).resolve(fileId);
        List<MacWire.Reply> replies = mac.chain(create, Mac.closePrevious());
        all(replies);
        var resolved = MacContexts.of(replies.getFirst(), create.contexts()).resolved;
        Ebadrpc.unless(resolved != null, "no answer to a question of an id");
        if (resolved.status() != NtStatus.SUCCESS) {
            return null;
        }
        var path = new StringBuilder();
        for (String component : resolved.path().split("\\\\")) {
            path.append(path.isEmpty() ? "" : "/").append(MacNames.toLocal(component));
        }
        return path.toString();
    }

    /** copyfile: the server copies the file with all that belongs to it. */
    void copy(String from, String to) {
        try (var copy = startCopy(from, to)) {
            Mac.check(copy.waiting.get());
        }
    }

    /** A copy under way. */
    record Copy(MacFile source, MacFile target, MacWire.Waiting waiting) implements AutoCloseable {
        @Override
        public void close() {
            source.close();
            target.close();
        }
    }

    Copy startCopy(String from, String to) {
        String target = MacNames.toWire(to);
        forget(target);
        MacFile source =
                mac.open(MacCreate.open(MacNames.toWire(from), MacCreate.READS).share(Create.FILE_SHARE_READ));
        MacFile copy = mac.open(MacCreate.open(target, MacCreate.WRITES | MacCreate.READS)
                .share(0)
                .disposition(Create.FILE_OVERWRITE_IF));
        MacWire.Reply key =
                source.startControl(REQUEST_RESUME_KEY, new byte[0], 32).get();
        Mac.check(key);
        byte[] resume = ((Ioctl.Response) key.body()).output().toArray();
        var chunks = new WireWriter()
                .bytes(java.util.Arrays.copyOf(resume, 24))
                .i32(0)
                .i32(0);
        return new Copy(source, copy, copy.startControl(COPYCHUNK, chunks.toArray(), 12));
    }

    /** setxattr; no value removes it. */
    void setXattr(String path, String name, byte @Nullable [] value) {
        String wire = stream(path, name);
        if (value == null) {
            all(mac.chain(
                    MacCreate.open(wire, AccessMask.DELETE | READ_ATTRIBUTES),
                    MacFile.setInfo(FileId.PREVIOUS, DISPOSITION, new WireWriter().u8(1)),
                    Mac.closePrevious()));
            return;
        }
        byte[] bytes = name.equals(FINDER_INFO) ? AfpInfo.of(value) : value;
        int disposition = name.equals(FINDER_INFO) ? Create.FILE_OPEN_IF : Create.FILE_OVERWRITE_IF;
        var create = MacCreate.open(wire, MacCreate.READS | MacCreate.WRITES).disposition(disposition);
        if (bytes.length > 1 << 20) {
            try (MacFile file = mac.open(create)) {
                file.write(0, bytes);
            }
            return;
        }
        var write = MacFile.writeRequest(FileId.PREVIOUS, 0, bytes.length);
        all(mac.send(
                create,
                List.of(
                        MacWire.Sent.of(create.request(), mac.tree()),
                        new MacWire.Sent(write, bytes, mac.tree(), 0),
                        MacWire.Sent.of(Mac.closePrevious(), mac.tree()))));
    }

    /** getxattr; null where there is none. */
    byte @Nullable [] xattr(String path, String name) {
        try {
            byte[] bytes = content(stream(path, name));
            return name.equals(FINDER_INFO) ? AfpInfo.finderInfo(bytes) : bytes;
        } catch (Refused e) {
            if (e.status() == NtStatus.OBJECT_NAME_NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    private static String stream(String path, String name) {
        String stream = switch (name) {
            case FINDER_INFO -> AfpInfo.STREAM;
            case RESOURCE_FORK -> AfpInfo.RESOURCE;
            default -> MacNames.toWire(name);
        };
        return MacNames.toWire(path) + ':' + stream;
    }

    /** listxattr, with the sizes. */
    Map<String, Long> xattrs(String path) {
        Smb2Request query =
                new QueryInfo.Request(QueryInfo.INFO_FILE, STREAMS, FIRST_READ, 0, 0, FileId.PREVIOUS, Blob.EMPTY);
        List<MacWire.Reply> replies =
                mac.chain(MacCreate.open(MacNames.toWire(path), READ_ATTRIBUTES), query, Mac.closePrevious());
        all(replies);
        Blob list = Mac.output(replies.get(1));
        var xattrs = new TreeMap<String, Long>();
        try {
            int at = 0;
            int next = list.isEmpty() ? -1 : 0;
            while (next >= 0) {
                WireReader one = list.reader().from(at);
                next = one.i32(0);
                String name = list.reader().utf16(new Span(at + 24, one.i32(4)));
                Ebadrpc.unless(name.startsWith(":") && name.endsWith(":$DATA"), "a stream's name: " + name);
                String plain = name.substring(1, name.length() - ":$DATA".length());
                if (!plain.isEmpty()) {
                    xattrs.put(local(plain), one.i64(8));
                }
                at += next;
                next = next == 0 ? -1 : next;
            }
            return xattrs;
        } catch (MalformedMessage e) {
            throw new Ebadrpc("streams: " + e.getMessage());
        }
    }

    private static String local(String stream) {
        return switch (stream) {
            case AfpInfo.STREAM -> FINDER_INFO;
            case AfpInfo.RESOURCE -> RESOURCE_FORK;
            default -> MacNames.toLocal(stream);
        };
    }
}
