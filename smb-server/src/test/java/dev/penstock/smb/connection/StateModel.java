package dev.penstock.smb.connection;

import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a share of files is to its clients, as simply as it can be said: sharing, leases, byte-range locks, deletion at the last close, handles
 * that wait for their clients. [MS-FSA] 2.1.5.1 and 2.1.4, [MS-SMB2] 3.3.4.7, 3.3.5.9.8 to 3.3.5.9.12, 3.3.5.22.2. Time and clients are
 * whoever's calls it.
 */
final class StateModel {
    static final int READ = 1;
    static final int WRITE = 2;
    static final int DELETE = 4;

    final Map<String, File> files = new TreeMap<>();
    final List<Open> opens = new ArrayList<>();

    /** What clients have to be told, since this was last emptied. */
    final List<Break> breaks = new ArrayList<>();

    private final List<Lease> ending = new ArrayList<>();

    static final class File {
        final String name;
        byte[] content = {};
        boolean deletePending;
        final List<Open> opens = new ArrayList<>();
        final List<Lease> leases = new ArrayList<>();

        File(String name) {
            this.name = name;
        }
    }

    /**
     * A lease of a client; {@code breakingTo} is negative while nothing is asked back. Where more is wanted back meanwhile, that is
     * {@code required}, and asked for after the answer.
     */
    static final class Lease {
        final int client;
        final int key;
        final File file;
        int state;
        int breakingTo = -1;
        int required;

        Lease(int client, int key, File file, int state) {
            this.client = client;
            this.key = key;
            this.file = file;
            this.state = state;
        }

        boolean is(int otherClient, int otherKey) {
            return client == otherClient && key == otherKey;
        }
    }

    /** An open; {@code session} is negative while it waits for its client, until {@code deadline}. */
    static final class Open {
        final File file;
        final Ask ask;
        int session;
        Lease lease;
        boolean durable;
        long deadline;
        final List<Range> locks = new ArrayList<>();

        Open(File file, Ask ask) {
            this.file = file;
            this.ask = ask;
            this.session = ask.session;
        }

        boolean waits() {
            return session < 0;
        }
    }

    /**
     * A CREATE.
     *
     * @param key of a lease, or negative for none
     */
    record Ask(
            int session,
            int client,
            String user,
            String name,
            int access,
            int share,
            int disposition,
            boolean deleteOnClose,
            int key,
            int state,
            boolean durable) {
        boolean overwrites() {
            return disposition == Create.FILE_OVERWRITE || disposition == Create.FILE_OVERWRITE_IF;
        }
    }

    record Range(long from, long length, boolean exclusive) {
        boolean overlaps(long other, long count) {
            return from < other + count && other < from + length;
        }
    }

    record Break(int client, int key, int from, int to, boolean answer) {}

    /** What a CREATE comes to: a status, PENDING while leases stand in its way, and the open where it is one. */
    record Result(NtStatus status, Open open, int action) {
        static Result of(NtStatus status) {
            return new Result(status, null, -1);
        }
    }

    // ---------------------------------------------------------------- opening and closing

    Result open(Ask ask, boolean first) {
        File file = files.get(ask.name);
        if (file == null) {
            if (ask.disposition == Create.FILE_OPEN || ask.disposition == Create.FILE_OVERWRITE) {
                return Result.of(NtStatus.OBJECT_NAME_NOT_FOUND);
            }
            file = new File(ask.name);
            files.put(ask.name, file);
            return opened(file, ask, Create.ACTION_CREATED);
        }
        if (file.deletePending) {
            return Result.of(NtStatus.DELETE_PENDING);
        }
        if (ask.disposition == Create.FILE_CREATE) {
            return Result.of(NtStatus.OBJECT_NAME_COLLISION);
        }
        boolean violation = violates(file, ask);
        if (mustWait(file, ask, violation, first)) {
            boolean purged = purge();
            return purged && unsettled(file).isEmpty() ? open(ask, false) : Result.of(NtStatus.PENDING);
        }
        if (violation) {
            return Result.of(NtStatus.SHARING_VIOLATION);
        }
        if (ask.overwrites()) {
            file.content = new byte[0];
        }
        Result result = opened(file, ask, ask.overwrites() ? Create.ACTION_OVERWRITTEN : Create.ACTION_OPENED);
        purge();
        return result;
    }

    /** The open has not made the file after all; nothing to do where it has not even tried to. */
    void undo(Open open) {
        if (open != null) {
            files.remove(open.file.name);
            opens.remove(open);
        }
    }

    private static boolean violates(File file, Ask ask) {
        // READ, WRITE and DELETE have the bits of FILE_SHARE_READ, _WRITE and _DELETE
        return file.opens.stream().anyMatch(o -> (ask.access & ~o.ask.share) != 0 || (o.ask.access & ~ask.share) != 0);
    }

    private boolean mustWait(File file, Ask ask, boolean violation, boolean first) {
        int wanted = violation ? LeaseState.HANDLE : LeaseState.WRITE;
        boolean empties = ask.overwrites() && !violation;
        boolean wait = false;
        for (Lease lease : List.copyOf(file.leases)) {
            if (lease.is(ask.client, ask.key)) {
                continue;
            }
            int to = empties ? LeaseState.NONE : lease.state & ~wanted;
            if (to == lease.state) {
                wait |= lease.breakingTo >= 0;
                continue;
            }
            boolean stands = (lease.state & wanted) != 0 || (lease.breakingTo >= 0 && !first);
            breakTo(lease, to);
            wait |= stands && (lease.breakingTo >= 0 || ending.contains(lease));
        }
        return wait;
    }

    private Result opened(File file, Ask ask, int action) {
        var open = new Open(file, ask);
        if (ask.key >= 0) {
            open.lease = grant(file, ask);
        }
        open.durable = ask.durable && open.lease != null && (open.lease.state & LeaseState.HANDLE) != 0;
        file.opens.add(open);
        opens.add(open);
        return new Result(NtStatus.SUCCESS, open, action);
    }

    private static Lease grant(File file, Ask ask) {
        Lease own = null;
        boolean others = false;
        for (Lease lease : file.leases) {
            own = lease.is(ask.client, ask.key) ? lease : own;
            others |= !lease.is(ask.client, ask.key);
        }
        for (Open open : file.opens) {
            others |= open.lease == null || !open.lease.is(ask.client, ask.key);
        }
        boolean locked = file.opens.stream().anyMatch(o -> !o.locks.isEmpty());
        int possible = locked || (ask.state & LeaseState.READ) == 0
                ? LeaseState.NONE
                : others ? ask.state & ~LeaseState.WRITE : ask.state;
        if (own == null) {
            own = new Lease(ask.client, ask.key, file, possible);
            file.leases.add(own);
        } else if ((own.state & ask.state) == own.state && possible == ask.state && own.breakingTo < 0) {
            own.state = ask.state;
        }
        return own;
    }

    void close(Open open) {
        File file = open.file;
        file.opens.remove(open);
        opens.remove(open);
        if (open.ask.deleteOnClose) {
            markForDeletion(file, open.lease);
        }
        Lease lease = open.lease;
        if (lease != null && file.opens.stream().noneMatch(o -> o.lease == lease)) {
            file.leases.remove(lease);
            ending.remove(lease);
        }
        if (file.deletePending && file.opens.isEmpty()) {
            files.remove(file.name);
        }
        purge();
    }

    private void markForDeletion(File file, Lease own) {
        file.deletePending = true;
        for (Lease lease : List.copyOf(file.leases)) {
            if (lease != own && (lease.state & LeaseState.HANDLE) != 0) {
                breakTo(lease, lease.state & ~LeaseState.HANDLE);
            }
        }
    }

    // ---------------------------------------------------------------- leases

    private void breakTo(Lease lease, int target) {
        int to = lease.state & target;
        if (lease.breakingTo >= 0) {
            lease.required &= to;
        } else if (to != lease.state) {
            start(lease, to, to, lease.state != LeaseState.READ);
        }
    }

    private void start(Lease lease, int to, int finallyTo, boolean answer) {
        if (holders(lease).allMatch(Open::waits)) {
            lease.state = finallyTo;
            ending.add(lease);
            return;
        }
        breaks.add(new Break(lease.client, lease.key, lease.state, to, answer));
        if (answer) {
            lease.breakingTo = to;
            lease.required = finallyTo;
        } else {
            lease.state = finallyTo;
        }
    }

    private Stream<Open> holders(Lease lease) {
        return lease.file.opens.stream().filter(o -> o.lease == lease);
    }

    /** Closes handles that wait for their clients and stand in the way. True where there were any. */
    private boolean purge() {
        boolean any = false;
        while (!ending.isEmpty()) {
            Lease lease = ending.removeFirst();
            for (Open open : holders(lease).toList()) {
                any = true;
                close(open);
            }
        }
        // Nobody could open such a file again, and its handle would only keep it from being gone.
        for (Open open : List.copyOf(opens)) {
            if (open.waits() && open.file.deletePending && opens.contains(open)) {
                any = true;
                close(open);
            }
        }
        return any;
    }

    List<Lease> unsettled(File file) {
        return file.leases.stream().filter(lease -> lease.breakingTo >= 0).toList();
    }

    NtStatus acknowledge(Lease lease, int kept) {
        if (lease == null || lease.breakingTo < 0) {
            return NtStatus.UNSUCCESSFUL;
        }
        if ((kept & ~lease.breakingTo) != 0) {
            return NtStatus.REQUEST_NOT_ACCEPTED;
        }
        lease.state = kept;
        lease.breakingTo = -1;
        if ((kept & ~lease.required) != 0) {
            boolean answer = kept != LeaseState.READ;
            start(lease, answer ? lease.required | kept & LeaseState.READ : LeaseState.NONE, lease.required, answer);
        }
        purge();
        return NtStatus.SUCCESS;
    }

    /** The client has not answered in time. */
    void giveUp(Lease lease) {
        lease.state = LeaseState.NONE;
        lease.breakingTo = -1;
    }

    // ---------------------------------------------------------------- data and locks

    NtStatus write(Open open, int offset, byte[] bytes) {
        if ((open.ask.access & WRITE) == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        for (Open other : open.file.opens) {
            for (Range lock : other.locks) {
                if (lock.overlaps(offset, bytes.length) && (other != open || !lock.exclusive)) {
                    return NtStatus.FILE_LOCK_CONFLICT;
                }
            }
        }
        contend(open);
        File file = open.file;
        file.content = Arrays.copyOf(file.content, Math.max(file.content.length, offset + bytes.length));
        System.arraycopy(bytes, 0, file.content, offset, bytes.length);
        purge();
        return NtStatus.SUCCESS;
    }

    /** Whoever reads from a cache would miss what happens now. */
    private void contend(Open by) {
        for (Lease lease : List.copyOf(by.file.leases)) {
            if (lease != by.lease && (lease.state & LeaseState.WRITE) == 0) {
                breakTo(lease, LeaseState.NONE);
            }
        }
    }

    NtStatus read(Open open, int offset, int length) {
        if ((open.ask.access & READ) == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        for (Open other : open.file.opens) {
            for (Range lock : other.locks) {
                if (other != open && lock.exclusive && lock.overlaps(offset, length)) {
                    return NtStatus.FILE_LOCK_CONFLICT;
                }
            }
        }
        return offset >= open.file.content.length ? NtStatus.END_OF_FILE : NtStatus.SUCCESS;
    }

    NtStatus lock(Open open, Range range) {
        if ((open.ask.access & (READ | WRITE)) == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        contend(open);
        for (Open other : open.file.opens) {
            for (Range lock : other.locks) {
                boolean against = range.exclusive || (lock.exclusive && other != open);
                if (against && lock.overlaps(range.from, range.length)) {
                    purge();
                    return NtStatus.LOCK_NOT_GRANTED;
                }
            }
        }
        open.locks.add(range);
        purge();
        return NtStatus.SUCCESS;
    }

    NtStatus unlock(Open open, long from, long length) {
        if ((open.ask.access & (READ | WRITE)) == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        contend(open);
        purge();
        var exclusive = new Range(from, length, true);
        return open.locks.remove(exclusive) || open.locks.remove(new Range(from, length, false))
                ? NtStatus.SUCCESS
                : NtStatus.RANGE_NOT_LOCKED;
    }

    NtStatus setDisposition(Open open, boolean delete) {
        if ((open.ask.access & DELETE) == 0) {
            return NtStatus.ACCESS_DENIED;
        }
        open.file.deletePending = delete;
        if (delete) {
            markForDeletion(open.file, open.lease);
            purge();
        }
        return NtStatus.SUCCESS;
    }

    // ---------------------------------------------------------------- sessions and time

    /** A session has lost its last connection, or has logged off. */
    void leave(int session, long deadline) {
        var closing = new ArrayList<Open>();
        for (Open open : opens) {
            if (open.session == session) {
                open.session = -1;
                open.deadline = deadline;
                if (!open.durable || !outlives(open)) {
                    closing.add(open);
                }
            }
        }
        closing.stream().filter(opens::contains).forEach(this::close);
        breaks.removeIf(one -> !isHeld(one.client, one.key)); // whoever is gone need not be told
    }

    /** Whether there is such a lease. */
    boolean isHeld(int client, int key) {
        return opens.stream().anyMatch(o -> o.lease != null && o.lease.is(client, key));
    }

    /** Whether it still keeps what let it become durable. */
    private static boolean outlives(Open open) {
        return (open.lease.state & LeaseState.HANDLE) != 0 && !open.ask.deleteOnClose && !open.file.deletePending;
    }

    NtStatus reconnect(Open open, int session, int client, String user, boolean rightGuid) {
        if (!open.waits() || !rightGuid || client != open.ask.client) {
            return NtStatus.OBJECT_NAME_NOT_FOUND;
        }
        if (!user.equals(open.ask.user)) {
            return NtStatus.ACCESS_DENIED;
        }
        open.session = session;
        return NtStatus.SUCCESS;
    }

    void passTo(long now) {
        for (Open open : List.copyOf(opens)) {
            if (open.waits() && open.deadline <= now) {
                close(open);
            }
        }
    }
}
