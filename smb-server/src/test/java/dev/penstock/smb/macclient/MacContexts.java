package dev.penstock.smb.macclient;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.LeaseContext;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The contexts of an answer to CREATE, as strictly as Apple's client takes them: by their places, and none that it does not know. */
final class MacContexts {
    private static final Set<String> KNOWN =
            Set.of("AAPL", "MxAc", "QFid", "DHnQ", "DHnC", "DH2Q", "DH2C", LeaseContext.NAME);
    private static final int DATA = 24;
    private static final int AAPL_SERVER_QUERY = 1;
    private static final int AAPL_RESOLVE_ID = 2;

    /** What the server told of itself; null where it was not asked. */
    @Nullable
    Server server;

    @Nullable
    Resolved resolved;

    @Nullable
    LeaseContext lease;

    int maximalAccess;
    long diskFileId = -1;

    /** How long the handle waits, in milliseconds; -1 where it does not. */
    long durable = -1;

    /** The answer to AAPL's question about the server. */
    record Server(long serverCaps, long volumeCaps, String model) {
        boolean has(int serverCap) {
            return (serverCaps & serverCap) != 0;
        }

        boolean volumeHas(int volumeCap) {
            return (volumeCaps & volumeCap) != 0;
        }
    }

    /** The answer to AAPL's question about an id. */
    record Resolved(NtStatus status, String path) {}

    /**
     * Reads them out of an answer.
     *
     * @param asked what the client sent: whatever else comes is not expected
     */
    static MacContexts of(MacWire.Reply reply, List<CreateContext> asked) {
        var contexts = new MacContexts();
        try {
            WireReader body = reply.reader().from(Header.SIZE);
            long offset = body.u32(80);
            long length = body.u32(84);
            if (length > 0) {
                Ebadrpc.unless((offset & 7) == 0, "CreateContextsOffset");
                contexts.read(reply.reader().slice(body.span(offset, length)), asked);
            }
            return contexts;
        } catch (MalformedMessage e) {
            throw new Ebadrpc("create contexts: " + e.getMessage());
        }
    }

    private void read(WireReader list, List<CreateContext> asked) throws MalformedMessage {
        var seen = new HashSet<String>();
        int at = 0;
        int next;
        do {
            WireReader one = list.from(at);
            next = one.i32(0);
            Ebadrpc.unless(one.u16(6) == 4, "Illegal context name length");
            String name = one.latin1(list.span(at + 16L, 4));
            long length = one.u32(12);
            Ebadrpc.unless(KNOWN.contains(name), "Unknown context name: " + name);
            Ebadrpc.unless(asked.stream().anyMatch(a -> a.name().equals(name)), "a context nobody asked for: " + name);
            Ebadrpc.unless(seen.add(name), "twice: " + name);
            Ebadrpc.unless(one.u16(4) == 16 && (length == 0 || one.u16(10) == DATA), "a context's layout: " + name);
            one(name, list.slice(list.span(at + DATA, length)), asked);
            Ebadrpc.unless((next & 7) == 0, "a context's Next");
            at += next;
        } while (next != 0);
    }

    private void one(String name, WireReader data, List<CreateContext> asked) throws MalformedMessage {
        switch (name) {
            case "MxAc" -> {
                Ebadrpc.unless(data.size() == 8, "Illegal MxAc data len");
                maximalAccess = data.i32(0) == 0 ? data.i32(4) : 0;
            }
            case "QFid" -> {
                Ebadrpc.unless(data.size() == 32, "Illegal QFid data len");
                diskFileId = data.i64(0);
            }
            case "DHnQ" -> {
                Ebadrpc.unless(data.size() == 8, "Illegal DHnQ data len");
                durable = 0;
            }
            case "DH2Q" -> {
                Ebadrpc.unless(data.size() == 8, "Illegal DH2Q data len");
                durable = data.u32(0);
            }
            case LeaseContext.NAME -> {
                Ebadrpc.unless(data.size() == 32 || data.size() == 52, "Illegal RqLs data len");
                Blob bytes = data.blob(data.span(0, data.size()));
                lease = LeaseContext.decode(bytes);
                checkLease(lease, asked);
            }
            case "AAPL" -> apple(data);
            default -> {} // a reconnected handle's own context tells nothing
        }
    }

    private static void checkLease(LeaseContext lease, List<CreateContext> asked) throws MalformedMessage {
        for (CreateContext context : asked) {
            if (context.name().equals(LeaseContext.NAME)) {
                LeaseContext wanted = LeaseContext.decode(context.data());
                Ebadrpc.unless(wanted.key().equals(lease.key()), "Lease key mismatch");
                Ebadrpc.unless(wanted.version() == lease.version(), "a lease of the other version");
            }
        }
    }

    private void apple(WireReader data) throws MalformedMessage {
        switch (data.i32(0)) {
            case AAPL_SERVER_QUERY -> {
                long bitmap = data.i64(8);
                Ebadrpc.unless(bitmap == 7, "ReplyBitmap");
                int length = data.i32(36);
                Ebadrpc.unless(length > 0 && length <= 510, "no model string: the mount would not survive its end");
                Ebadrpc.unless((data.size() & 7) == 0, "AAPL is not padded");
                server = new Server(data.i64(16), data.i64(24), data.utf16(data.span(40, length)));
            }
            case AAPL_RESOLVE_ID -> {
                NtStatus status = NtStatus.of(data.i32(8));
                resolved = new Resolved(status, data.utf16(data.span(16, data.i32(12))));
            }
            default -> throw new Ebadrpc("Unknown AAPL subcommand: " + data.i32(0));
        }
    }
}
