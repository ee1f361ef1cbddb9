package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.fork.Forks;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import org.jspecify.annotations.Nullable;

/**
 * CREATE of a named stream. [MS-FSA] 2.1.5.1. Its file is opened first, or made, as if for nothing but to be held: what others share or
 * do not share with it does not count, but for deletion. Then the stream is opened like a file of its own: share modes, locks and the mark
 * for deletion are the stream's. Used once, by one thread.
 */
final class StreamCreate {
    private static final int NOT_FOR_THE_FILE =
            Create.FILE_DELETE_ON_CLOSE | Create.FILE_NON_DIRECTORY_FILE | Create.FILE_DIRECTORY_FILE;

    private final LocalVolume volume;
    private final Asker asker;
    private final Manners manners;
    private final Create.Request request;
    private final SharePath path;
    private final String name;

    StreamCreate(
            LocalVolume volume, Asker asker, Manners manners, Create.Request request, SharePath path, String name) {
        this.manners = manners;
        this.volume = volume;
        this.asker = asker;
        this.request = request;
        this.path = path;
        this.name = name;
    }

    Outcome run() throws Refusal, PosixException {
        Refusal.unless(!request.has(Create.FILE_DIRECTORY_FILE), NtStatus.NOT_A_DIRECTORY);
        while (true) {
            var operation = new CreateOperation(volume, asker.withoutCaching(), manners, forTheFile());
            Outcome found = operation.runUnder(path);
            if (!(found instanceof Outcome.Opened opened) || !(opened.open() instanceof FileOpen base)) {
                return found;
            }
            boolean kept = false;
            try {
                Outcome outcome = open(base, operation.granted());
                if (outcome != null) {
                    kept = outcome instanceof Outcome.Opened;
                    return outcome;
                }
            } finally {
                if (!kept) {
                    base.abandon();
                }
            }
        }
    }

    private Create.Request forTheFile() {
        return new Create.Request(
                Create.OPLOCK_NONE,
                request.impersonationLevel(),
                request.desiredAccess(),
                request.fileAttributes(),
                request.shareAccess(),
                request.creates() ? Create.FILE_OPEN_IF : Create.FILE_OPEN,
                request.createOptions() & ~NOT_FOR_THE_FILE,
                request.name(),
                request.contexts().stream().filter(c -> c.name().equals("SecD")).toList());
    }

    /** Null where the stream was just being removed. */
    private @Nullable Outcome open(FileOpen base, int granted) throws Refusal, PosixException {
        Node node = volume.nodes().hold(base.node().key.ofFork(Forks.fold(name)));
        boolean opened = false;
        node.lock.lock();
        try {
            if (node.gone) {
                return null;
            }
            Refusal.unless(!node.deletePending, NtStatus.DELETE_PENDING);
            Outcome outcome = openHeld(base, node, granted);
            opened = true;
            return outcome;
        } finally {
            node.lock.unlock();
            if (!opened) {
                volume.nodes().release(node);
            }
        }
    }

    private Outcome openHeld(FileOpen base, Node node, int granted) throws Refusal, PosixException {
        Folder home = base.holdHome();
        try {
            FileHandle at = home == null ? base.handle() : home.handle();
            if (manners.share() && home != null && node.fork == null) {
                AppleDoubleImport.takeIn(volume, at, base.location().name());
            }
            if (node.fork == null) {
                node.fork = fork(base, at);
            }
            int action = Create.ACTION_CREATED;
            // What a client does not see is not there, though others may have it open.
            if (node.fork == null || !manners.shows(node.fork.entry())) {
                Refusal.unless(request.creates(), NtStatus.OBJECT_NAME_NOT_FOUND);
                asker.checkSharing(volume, node, granted, request);
                if (node.fork == null) {
                    asker.checkLeaseIsFree(volume);
                    node.fork = Forks.create(base.handle(), at, name);
                } else if (node.opens.isEmpty()) {
                    node.fork.set(base.handle(), at, new byte[0]);
                }
            } else {
                Refusal.unless(request.createDisposition() != Create.FILE_CREATE, NtStatus.OBJECT_NAME_COLLISION);
                asker.checkSharing(volume, node, granted, request);
                if (request.replaces()) {
                    node.fork.set(base.handle(), at, new byte[0]);
                }
                action = request.actionOnExisting();
            }
            return opened(base, node, granted, action);
        } finally {
            if (node.opens.isEmpty()) {
                closeFork(node);
            }
            if (home != null) {
                home.release();
            }
        }
    }

    private @Nullable Fork fork(FileOpen base, FileHandle home) throws PosixException {
        try {
            return Forks.open(base.handle(), home, name);
        } catch (PosixException e) {
            String path = base.location().path() + ':' + name;
            if (e.errno() != Errno.EIO || !volume.strays().bringHome(volume, base.handle(), home, path)) {
                throw e;
            }
            return Forks.open(base.handle(), home, name);
        }
    }

    private static void closeFork(Node node) {
        if (node.fork != null) {
            node.fork.close();
            node.fork = null;
        }
    }

    private Outcome opened(FileOpen base, Node node, int granted, int action) throws PosixException {
        var fork = java.util.Objects.requireNonNull(node.fork);
        var open = new FileOpen(
                new FileOpen.Parts(
                        volume, node, base.handle(), base.location(), false, false, granted, request, manners),
                base,
                fork);
        node.opens.add(open);
        asker.keep(open);
        Create.Response answer;
        try {
            answer = CreateAnswer.of(open, request, action, granted);
        } catch (PosixException e) {
            node.opens.remove(open);
            open.host().end();
            open.caching().close();
            throw e;
        }
        return new Outcome.Opened(open, answer);
    }
}
