package dev.penstock.smb.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.smb.connection.StateClients.Answer;
import dev.penstock.smb.connection.StateClients.Line;
import dev.penstock.smb.connection.StateModel.Ask;
import dev.penstock.smb.connection.StateModel.Break;
import dev.penstock.smb.connection.StateModel.Lease;
import dev.penstock.smb.connection.StateModel.Open;
import dev.penstock.smb.connection.StateModel.Range;
import dev.penstock.smb.connection.StateModel.Result;
import dev.penstock.smb.state.ServerState;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Command;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.Logoff;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.Write;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** One sequence: steps of the clients on three names, each compared with what the model says. */
final class StateSteps {
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final long DURABLE_MILLIS = 60_000;
    private static final long BREAK_MILLIS = 35_000;
    private static final int[] ACCESS = {
        0, AccessMask.READ_DATA, AccessMask.WRITE_DATA, AccessMask.READ_DATA | AccessMask.WRITE_DATA
    };
    private static final int[] DISPOSITIONS = {
        Create.FILE_OPEN, Create.FILE_OPEN_IF, Create.FILE_OPEN_IF, Create.FILE_CREATE, Create.FILE_OVERWRITE_IF
    };
    private static final int[] STATES = {
        LeaseState.READ,
        LeaseState.READ | LeaseState.HANDLE,
        LeaseState.READ | LeaseState.WRITE,
        LeaseState.ALL,
        LeaseState.ALL
    };

    private final ServerState server;
    private final Turns turns;
    private final Random random;
    private final Path folder;
    private final String prefix;
    private final long seed;
    private final StateModel model = new StateModel();
    private final StateClients clients;
    private final Map<Open, FileId> ids = new HashMap<>();
    private final StringBuilder story = new StringBuilder();
    private int creates;

    StateSteps(ServerState server, Turns turns, Random random, Path folder, long seed) {
        this.server = server;
        this.turns = turns;
        this.random = random;
        this.folder = folder;
        this.seed = seed;
        this.prefix = "s" + Long.toUnsignedString(seed, 36) + "-";
        this.clients = new StateClients(server, turns, random);
    }

    String story() {
        return story.toString();
    }

    void next() {
        int session = random.nextInt(StateClients.SESSIONS);
        if (clients.lines(session).isEmpty()) {
            tell("session %d connects", session);
            clients.connect(session);
            return;
        }
        List<Open> own = model.opens.stream().filter(o -> o.session == session).toList();
        int choice = random.nextInt(100);
        if (choice < 30 || own.isEmpty() && choice < 85) {
            create(session);
        } else if (choice < 85) {
            use(own.get(random.nextInt(own.size())), choice);
        } else if (choice < 88) {
            if (clients.lines(session).size() < 2) {
                tell("session %d gets a second connection", session);
                clients.bind(session);
            }
        } else if (choice < 93) {
            drop(session);
        } else if (choice < 94) {
            logOff(session);
        } else if (choice < 98) {
            reconnect(session);
        } else {
            pass(random.nextInt(2) == 0 ? DURABLE_MILLIS / 2 : DURABLE_MILLIS + 1);
        }
        checkBreaks();
        settleBreaks(null);
    }

    private void use(Open open, int choice) {
        if (choice < 45) {
            close(open);
        } else if (choice < 57) {
            write(open);
        } else if (choice < 67) {
            read(open);
        } else if (choice < 79) {
            lock(open);
        } else {
            dispose(open);
        }
    }

    /** All leave, and wait until nobody is waited for. */
    void end() {
        for (int session = 0; session < StateClients.SESSIONS; session++) {
            while (!clients.lines(session).isEmpty()) {
                drop(session);
                checkBreaks();
                settleBreaks(null);
            }
        }
        pass(DURABLE_MILLIS + BREAK_MILLIS);
        assertThat(model.opens).isEmpty();
        try {
            for (String name : NAMES) {
                Path file = folder.resolve(prefix + name);
                StateModel.File known = model.files.get(name);
                assertThat(Files.exists(file)).as("%s on the disk", name).isEqualTo(known != null);
                if (known != null) {
                    assertThat(Files.readAllBytes(file)).isEqualTo(known.content);
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---------------------------------------------------------------- sessions

    private void drop(int session) {
        int left = clients.drop(session);
        tell("session %d loses a connection, %d left", session, left);
        if (left == 0) {
            model.leave(session, turns.now() + DURABLE_MILLIS);
        }
    }

    private void logOff(int session) {
        tell("session %d logs off", session);
        assertThat(clients.ask(session, new Logoff.Request()).status()).isEqualTo(NtStatus.SUCCESS);
        model.leave(session, turns.now() + DURABLE_MILLIS);
        checkBreaks(); // its connections are still there, and as good as any other of the client's
        for (Line line : List.copyOf(clients.lines(session))) {
            line.peer.connection.closed();
            turns.settle();
        }
        clients.lines(session).clear();
    }

    private void pass(long millis) {
        tell("%d s pass", millis / 1000);
        turns.pass(millis);
        model.passTo(turns.now());
    }

    // ---------------------------------------------------------------- opens

    private void create(int session) {
        boolean deletes = random.nextInt(8) == 0;
        int access = 1 + random.nextInt(3) | (deletes || random.nextInt(3) == 0 ? StateModel.DELETE : 0);
        int share = random.nextInt(3) == 0 ? random.nextInt(8) : 7;
        boolean leased = random.nextInt(3) > 0;
        int name = random.nextInt(NAMES.size());
        var ask = new Ask(
                session,
                StateClients.CLIENTS[session],
                StateClients.USERS[session],
                NAMES.get(name),
                access,
                share,
                DISPOSITIONS[random.nextInt(DISPOSITIONS.length)],
                deletes,
                leased ? 2 * name + random.nextInt(2) : -1, // a key is of one name
                leased ? STATES[random.nextInt(STATES.length)] : 0,
                leased && random.nextBoolean());
        creates++;
        tell("session %d creates %s", session, ask);
        Line line = clients.someLine(session);
        line.peer.send(request(ask, new FileId(0, 0), false), null);
        long message = line.peer.lastMessageId();
        Result expected = model.open(ask, true);
        boolean waited = false;
        while (expected.status() == NtStatus.PENDING) {
            waited = true;
            checkBreaks();
            assertThat(StateClients.answers(line, message))
                    .as("answered before the leases were given up")
                    .isEmpty();
            if (settleBreaks(ask)) {
                expected = model.open(ask, false);
            }
        }
        checkBreaks();
        List<Answer> answers = StateClients.answers(line, message);
        assertThat(answers).as("answers to %s", ask).hasSize(1);
        boolean gone =
                expected.action() == Create.ACTION_CREATED || expected.status() == NtStatus.OBJECT_NAME_NOT_FOUND;
        if (waited && gone && answers.getFirst().status() == NtStatus.DELETE_PENDING) {
            // The file was on its way out, and only a handle whose client is away kept it: who was faster is nobody's
            // mistake.
            model.undo(expected.open());
            return;
        }
        assertThat(answers.getFirst().status()).isEqualTo(expected.status());
        if (expected.open() != null) {
            given(expected.open(), answers.getFirst(), expected.action());
        }
    }

    private Create.Request request(Ask ask, FileId back, boolean wrongGuid) {
        var contexts = new ArrayList<CreateContext>();
        if (ask.key() >= 0) {
            contexts.add(new LeaseContext(2, key(ask.key()), ask.state(), 0, new Guid(0, 0), 0).toContext());
        }
        var guid = new Guid(seed, wrongGuid ? -1 : creates);
        if (back.volatileId() != 0) {
            var data = new WireWriter().i64(back.persistentId()).i64(back.volatileId());
            contexts.add(new CreateContext(
                    "DH2C",
                    data.guid(new Guid(seed, wrongGuid ? -1 : guids.get(back)))
                            .i32(0)
                            .toBlob()));
        } else if (ask.durable()) {
            contexts.add(new CreateContext(
                    "DH2Q",
                    new WireWriter()
                            .i32((int) DURABLE_MILLIS)
                            .i32(0)
                            .i64(0)
                            .guid(guid)
                            .toBlob()));
        }
        int access = ACCESS[ask.access() & 3] | ((ask.access() & StateModel.DELETE) != 0 ? AccessMask.DELETE : 0);
        return new Create.Request(
                ask.key() >= 0 ? Create.OPLOCK_LEASE : Create.OPLOCK_NONE,
                2,
                access,
                0,
                ask.share(),
                ask.disposition(),
                ask.deleteOnClose() ? Create.FILE_DELETE_ON_CLOSE : 0,
                prefix + ask.name(),
                contexts);
    }

    private final Map<FileId, Integer> guids = new HashMap<>();

    private Guid key(int key) {
        return new Guid(seed, key + 1);
    }

    private void given(Open open, Answer answer, int action) {
        Create.Response response = (Create.Response) StateClients.decoded(Command.CREATE, answer);
        ids.put(open, response.file());
        guids.put(response.file(), creates);
        assertThat(response.createAction()).as("CreateAction").isEqualTo(action);
        assertThat(response.endOfFile()).as("EndOfFile").isEqualTo(open.file.content.length);
        checkLease(open, response);
        boolean durable = response.contexts().stream().anyMatch(c -> c.name().equals("DH2Q"));
        assertThat(durable).as("durable").isEqualTo(open.durable);
    }

    private static void checkLease(Open open, Create.Response response) {
        for (CreateContext context : response.contexts()) {
            if (context.name().equals(LeaseContext.NAME)) {
                try {
                    assertThat(LeaseContext.decode(context.data()).state())
                            .as("the lease's state")
                            .isEqualTo(open.lease.state);
                } catch (MalformedMessage e) {
                    throw new AssertionError(e);
                }
                return;
            }
        }
        assertThat(open.lease).as("a lease that was not granted").isNull();
    }

    private void reconnect(int session) {
        List<Open> known = model.opens.stream().filter(o -> o.lease != null).toList();
        if (known.isEmpty()) {
            return;
        }
        Open open = known.get(random.nextInt(known.size()));
        boolean wrong = random.nextInt(4) == 0;
        tell("session %d wants %s back%s", session, open.ask, wrong ? " with a wrong GUID" : "");
        boolean sharedByAStranger = open.ask.client() != StateClients.CLIENTS[session];
        FileId id = ids.get(open);
        Answer answer = clients.ask(session, request(open.ask, id, wrong));
        NtStatus expected =
                model.reconnect(open, session, StateClients.CLIENTS[session], StateClients.USERS[session], !wrong);
        assertThat(answer.status()).as("a stranger: %s", sharedByAStranger).isEqualTo(expected);
        if (expected == NtStatus.SUCCESS) {
            Create.Response response = (Create.Response) StateClients.decoded(Command.CREATE, answer);
            assertThat(response.file().persistentId()).isEqualTo(id.persistentId());
            ids.put(open, response.file());
            guids.put(response.file(), guids.get(id));
            checkLease(open, response);
        }
    }

    private void close(Open open) {
        tell("closes %s", open.ask);
        assertThat(clients.ask(open.session, new Close.Request(0, ids.get(open)))
                        .status())
                .isEqualTo(NtStatus.SUCCESS);
        model.close(open);
    }

    // ---------------------------------------------------------------- what opens are for

    private void write(Open open) {
        var bytes = new byte[1 + random.nextInt(3)];
        random.nextBytes(bytes);
        int offset = random.nextInt(8);
        tell("writes %d at %d by %s", bytes.length, offset, open.ask);
        var request = new Write.Request(
                new Span(Write.DATA_OFFSET, bytes.length), offset, ids.get(open), 0, 0, Blob.EMPTY, 0);
        NtStatus expected = model.write(open, offset, bytes);
        assertThat(clients.ask(open.session, request, bytes).status()).isEqualTo(expected);
    }

    private void read(Open open) {
        int offset = random.nextInt(8);
        int length = 1 + random.nextInt(4);
        tell("reads %d at %d by %s", length, offset, open.ask);
        Answer answer =
                clients.ask(open.session, new Read.Request(0, length, offset, ids.get(open), 0, 0, 0, Blob.EMPTY));
        NtStatus expected = model.read(open, offset, length);
        assertThat(answer.status()).isEqualTo(expected);
        if (expected == NtStatus.SUCCESS) {
            Span data = ((Read.Response) StateClients.decoded(Command.READ, answer)).data();
            byte[] content = open.file.content;
            var right = ByteBuffer.wrap(content, offset, Math.min(length, content.length - offset));
            assertThat(answer.message().slice(data.offset(), data.length())).isEqualTo(right);
        }
    }

    private void lock(Open open) {
        boolean unlocks = !open.locks.isEmpty() && random.nextBoolean();
        Range range = unlocks && random.nextInt(4) > 0
                ? open.locks.get(random.nextInt(open.locks.size()))
                : new Range(random.nextInt(6), 1 + random.nextInt(4), random.nextBoolean());
        tell("%s %s by %s", unlocks ? "unlocks" : "locks", range, open.ask);
        int kind = range.exclusive() ? Lock.EXCLUSIVE_LOCK : Lock.SHARED_LOCK;
        var element =
                new Lock.Element(range.from(), range.length(), unlocks ? Lock.UNLOCK : kind | Lock.FAIL_IMMEDIATELY);
        NtStatus expected = unlocks ? model.unlock(open, range.from(), range.length()) : model.lock(open, range);
        assertThat(clients.ask(open.session, new Lock.Request(0, ids.get(open), List.of(element)))
                        .status())
                .isEqualTo(expected);
    }

    private void dispose(Open open) {
        boolean delete = random.nextInt(4) > 0;
        tell("%s %s", delete ? "marks for deletion" : "takes the mark away", open.ask);
        var info = new WireWriter().u8(delete ? 1 : 0).toBlob();
        NtStatus expected = model.setDisposition(open, delete);
        assertThat(clients.ask(open.session, new SetInfo.Request(QueryInfo.INFO_FILE, 13, info, 0, ids.get(open)))
                        .status())
                .isEqualTo(expected);
    }

    // ---------------------------------------------------------------- breaks

    /** Each client was told exactly what it has to be told. */
    private void checkBreaks() {
        var told = new ArrayList<Break>();
        for (int session = 0; session < StateClients.SESSIONS; session++) {
            for (Line line : clients.lines(session)) {
                for (Answer answer : StateClients.answers(line, -1)) {
                    var note = (LeaseBreak.Notification) StateClients.decoded(Command.OPLOCK_BREAK, answer);
                    told.add(new Break(
                            StateClients.CLIENTS[session],
                            (int) note.leaseKey().high() - 1,
                            note.currentState(),
                            note.newState(),
                            note.flags() != 0));
                }
            }
        }
        var due = new ArrayList<Break>();
        for (Break one : model.breaks) {
            due.add(one);
        }
        model.breaks.clear();
        told.removeIf(one -> !model.isHeld(one.client(), one.key())); // told while its handles were being closed
        assertThat(told).as("breaks").containsExactlyInAnyOrderElementsOf(due);
    }

    /** A client gives up what it was asked to, in its own way; false where it only tried to. All do, where nobody waits. */
    private boolean settleBreaks(Ask waiting) {
        List<Lease> unsettled = new ArrayList<>();
        for (StateModel.File file : model.files.values()) {
            unsettled.addAll(model.unsettled(file));
        }
        if (unsettled.isEmpty()) {
            return false;
        }
        Lease lease = unsettled.get(random.nextInt(unsettled.size()));
        List<Open> holders =
                lease.file.opens.stream().filter(o -> o.lease == lease).toList();
        boolean given = true;
        switch (random.nextInt(6)) {
            case 0 -> holders.stream().filter(o -> !o.waits()).findFirst().ifPresent(this::close);
            case 1 -> giveUp(lease);
            default -> given = acknowledge(lease);
        }
        if (waiting == null) {
            checkBreaks();
            settleBreaks(null);
        }
        return given;
    }

    private boolean acknowledge(Lease lease) {
        int session = clients.sessionOf(lease.client);
        int kept = random.nextInt(3) == 0 ? random.nextInt(8) : lease.breakingTo;
        tell("client %d acknowledges %s/%d with %d", lease.client, lease.file.name, lease.key, kept);
        Answer answer = clients.ask(session, new LeaseBreak.Acknowledgment(0, key(lease.key), kept, 0));
        NtStatus expected = model.acknowledge(lease, kept);
        assertThat(answer.status()).isEqualTo(expected);
        return expected == NtStatus.SUCCESS;
    }

    private void giveUp(Lease lease) {
        tell("client %d says nothing of %s/%d", lease.client, lease.file.name, lease.key);
        turns.pass(BREAK_MILLIS);
        for (StateModel.File file : model.files.values()) {
            model.unsettled(file).forEach(model::giveUp);
        }
        model.passTo(turns.now());
    }

    private void tell(String text, Object... details) {
        story.append(String.format(text, details)).append('\n');
    }
}
