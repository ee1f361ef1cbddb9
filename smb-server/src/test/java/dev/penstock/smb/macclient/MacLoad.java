package dev.penstock.smb.macclient;

import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Smb2Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * What a Mac asks for in large numbers, as a program: for measuring any server from outside. Requests are signed, as the server prefers.
 *
 * <pre>MacLoad HOST PORT SHARE USER PASSWORD DEPTH (connect N | create DIR N | rename DIR N | list DIR N | read FILE N)</pre>
 *
 * Prints the number of operations (for list: of entries) and the seconds they took.
 */
final class MacLoad {
    private static final int ID_BOTH_DIRECTORY = 37;
    private static final int RENAME = 10;
    private static final int BLOCK = 4096;

    private final InetSocketAddress server;
    private final UserStore users = UserStore.inMemory();
    private final String user;
    private final String share;
    private final int depth;

    private MacLoad(String[] arguments) throws IOException {
        server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        share = arguments[2];
        user = arguments[3];
        users.add(user, arguments[4]);
        depth = Integer.parseInt(arguments[5]);
    }

    public static void main(String[] arguments) throws IOException {
        var load = new MacLoad(arguments);
        String what = arguments[6];
        String name = arguments.length > 8 ? arguments[7] : "";
        int count = Integer.parseInt(arguments[arguments.length - 1]);
        long began;
        long done;
        if (what.equals("connect")) {
            began = System.nanoTime();
            done = load.connect(count);
        } else {
            MacSession session = load.logOn();
            int tree = session.connect(load.share);
            began = System.nanoTime();
            done = switch (what) {
                case "create" -> load.create(session, tree, name, count);
                case "rename" -> load.rename(session, tree, name, count);
                case "list" -> load.list(session, tree, name, count);
                case "read" -> load.read(session, tree, name, count);
                default -> throw new IllegalArgumentException(what);
            };
        }
        System.out.printf("%d %.4f%n", done, (System.nanoTime() - began) / 1e9);
        System.exit(0);
    }

    private MacSession logOn() throws IOException {
        return MacSession.logOn(server, MacSession.random(), users, user, 0, _ -> {});
    }

    private long connect(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            MacSession session = logOn();
            session.connect(share);
            check(session.wire().ask(new Logoff.Request(), 0));
            session.wire().close();
        }
        return count;
    }

    /** Sends compounds, {@link #depth} of them at once, and checks the answers. */
    private long chains(MacSession session, int count, IntFunction<List<MacWire.Sent>> chain) {
        var sent = new ArrayDeque<List<MacWire.Waiting>>();
        for (int i = 0; i < count || !sent.isEmpty(); i++) {
            if (sent.size() == depth || i >= count) {
                sent.removeFirst().forEach(one -> check(one.get()));
            }
            if (i < count) {
                sent.add(session.wire().send(chain.apply(i)));
            }
        }
        return count;
    }

    private static List<MacWire.Sent> chain(int tree, Smb2Request... requests) {
        var members = new ArrayList<MacWire.Sent>();
        for (Smb2Request request : requests) {
            members.add(MacWire.Sent.of(request, tree));
        }
        return members;
    }

    private long create(MacSession session, int tree, String folder, int count) {
        var make = new MacCreate(folder, MacCreate.READS, 0x10, MacCreate.SHARE_ALL, Create.FILE_OPEN_IF, 1, List.of());
        chains(session, 1, _ -> chain(tree, make.request(), Mac.closePrevious()));
        return chains(session, count, i -> {
            var file = MacCreate.open(folder + "\\a file of the usual length " + i + ".txt", MacCreate.WRITES)
                    .disposition(Create.FILE_CREATE);
            return chain(tree, file.request(), Mac.closePrevious());
        });
    }

    private long rename(MacSession session, int tree, String folder, int count) {
        return chains(session, count, i -> {
            String to = folder + "\\another name " + i + ".txt";
            var file = MacCreate.open(
                    folder + "\\a file of the usual length " + i + ".txt",
                    AccessMask.DELETE | AccessMask.READ_ATTRIBUTES);
            var info = new WireWriter().zeros(16).i32(2 * to.length()).utf16(to);
            return chain(
                    tree,
                    file.request(),
                    new SetInfo.Request(QueryInfo.INFO_FILE, RENAME, info.toBlob(), 0, FileId.PREVIOUS),
                    Mac.closePrevious());
        });
    }

    private long list(MacSession session, int tree, String name, int count) {
        MacWire wire = session.wire();
        var hello = MacCreate.openFolder("", MacCreate.READS).askServer(Mac.OLD);
        chains(session, 1, _ -> chain(tree, hello.request(), Mac.closePrevious()));
        long entries = 0;
        for (int i = 0; i < count; i++) {
            FileId folder = open(wire, tree, MacCreate.openFolder(name, MacCreate.READS));
            int flags = QueryDirectory.RESTART_SCANS;
            while (true) {
                var request =
                        new QueryDirectory.Request(ID_BOTH_DIRECTORY, flags, 0, folder, "*", session.listingBytes());
                MacWire.Reply reply = wire.ask(request, tree);
                flags = 0;
                if (reply.status() == NtStatus.NO_MORE_FILES) {
                    break;
                }
                check(reply);
                entries += count(reply);
            }
            check(wire.ask(new Close.Request(0, folder), tree));
        }
        return entries;
    }

    private static long count(MacWire.Reply reply) {
        var output = ((QueryDirectory.Response) reply.body()).output();
        var bytes = reply.bytes().duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        long entries = 1;
        int at = output.offset();
        for (int next = bytes.getInt(at); next != 0; next = bytes.getInt(at)) {
            at += next;
            entries++;
        }
        return entries;
    }

    private static FileId open(MacWire wire, int tree, MacCreate how) {
        MacWire.Reply reply = wire.ask(how.request(), tree);
        check(reply);
        return ((Create.Response) reply.body()).file();
    }

    private long read(MacSession session, int tree, String name, int count) {
        var random = new Random(1);
        MacWire.Reply reply =
                session.wire().ask(MacCreate.open(name, MacCreate.READS).request(), tree);
        check(reply);
        var opened = (Create.Response) reply.body();
        long blocks = opened.endOfFile() / BLOCK;
        return chains(session, count, _ -> {
            long offset = random.nextLong(blocks) * BLOCK;
            var request = new Read.Request(0, BLOCK, offset, opened.file(), 0, 0, 0, dev.penstock.smb.wire.Blob.EMPTY);
            return chain(tree, request);
        });
    }

    private static void check(MacWire.Reply reply) {
        if (reply.status() != NtStatus.SUCCESS) {
            throw new Refused("a request of the load", reply.status());
        }
    }
}
