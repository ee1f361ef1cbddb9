package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Links;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.fscc.SymbolicLink;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Ioctl;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Symbolic links. They are the file system's own, so that programs on this machine see the same ones, and reparse points to clients. The
 * store never follows one: whoever comes to one is told where it leads, and asks anew, by a path that is within the share or nothing to
 * the store. [MS-FSA] 2.1.5.1, 2.1.5.10.6, 2.1.5.10.14, 2.1.5.10.37.
 */
final class SymbolicLinks {
    /** Windows' way to write a path of its own; what follows is nothing to translate. */
    private static final String WINDOWS = "/??/";

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MAKE_MODE = 0666;

    private SymbolicLinks() {}

    /**
     * Refuses a CREATE that names a link and does not say that it means the link itself, and one that wants of a link what it has not.
     *
     * @param place of a link
     */
    static void check(LocalVolume.Place place, SharePath path, Create.Request request, boolean stream)
            throws Refusal, PosixException {
        boolean itself = request.has(Create.FILE_OPEN_REPARSE_POINT);
        if (!itself) {
            throw stopped(place.parent().handle(), place.name(), path, 0);
        }
        Refusal.unless(!stream, NtStatus.OBJECT_NAME_NOT_FOUND);
        Refusal.unless(request.createDisposition() != Create.FILE_CREATE, NtStatus.OBJECT_NAME_COLLISION);
        Refusal.unless(!request.replaces(), NtStatus.ACCESS_DENIED);
        Refusal.unless(!request.has(Create.FILE_DIRECTORY_FILE), NtStatus.NOT_A_DIRECTORY);
    }

    /**
     * Tells where a link leads that a path goes through.
     *
     * @param left components of the path behind the link
     */
    static Refusal stopped(FileHandle folder, String name, SharePath path, int left) throws PosixException {
        String target = toWire(Links.target(folder, name));
        return new StoppedOnLink(SymbolicLink.to(target).encodeError(2 * path.charactersBehind(left)));
    }

    /** FSCTL_GET_REPARSE_POINT. */
    static Outcome get(FileOpen open, Ioctl.Request request) throws Refusal, PosixException {
        Blob data;
        open.node().lock.lock();
        try {
            Folder parent = open.location().parent();
            if (parent == null || !open.isLink()) {
                throw new Refusal(NtStatus.NOT_A_REPARSE_POINT);
            }
            String target = toWire(Links.target(parent.handle(), open.location().name()));
            data = SymbolicLink.to(open.manners().session() ? DiskNames.compose(target) : target)
                    .encode();
        } catch (PosixException e) {
            // Somebody on this machine has put something else in its place.
            Refusal.unless(e.errno() != Errno.EINVAL, NtStatus.NOT_A_REPARSE_POINT);
            throw e;
        } finally {
            open.node().lock.unlock();
        }
        Refusal.unless(data.length() <= request.maxOutputResponse(), NtStatus.BUFFER_TOO_SMALL);
        return SparseControl.done(request, data);
    }

    /** FSCTL_SET_REPARSE_POINT: an empty file or folder that was made for it becomes a link, or a link leads elsewhere from now on. */
    static Outcome set(FileOpen open, Ioctl.Request request) throws Refusal, PosixException {
        String target;
        try {
            int tag = SymbolicLink.tag(request.input());
            Refusal.unless(tag != 0 && tag != 1, NtStatus.IO_REPARSE_TAG_INVALID);
            Refusal.unless(tag == SymbolicLink.TAG, NtStatus.NOT_SUPPORTED);
            target = toDisk(SymbolicLink.decode(request.input()).target());
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.IO_REPARSE_DATA_INVALID);
        }
        boolean fits = target.getBytes(StandardCharsets.UTF_8).length <= Links.MOST_BYTES;
        Refusal.unless(fits && !target.isEmpty() && target.indexOf('\0') < 0, NtStatus.IO_REPARSE_DATA_INVALID);
        replace(open, parent -> {
            String name = temporary();
            Links.make(parent, name, target);
            return name;
        });
        return SparseControl.done(request, Blob.EMPTY);
    }

    /** FSCTL_DELETE_REPARSE_POINT: the link becomes an empty file. */
    static Outcome delete(FileOpen open, Ioctl.Request request) throws Refusal, PosixException, MalformedMessage {
        int tag = SymbolicLink.tag(request.input());
        Refusal.unless(open.isLink(), NtStatus.NOT_A_REPARSE_POINT);
        Refusal.unless(tag == SymbolicLink.TAG, NtStatus.IO_REPARSE_TAG_MISMATCH);
        replace(open, parent -> {
            String name = temporary();
            Posix.open(parent, name, true, Posix.Creation.ALWAYS, MAKE_MODE).close();
            return name;
        });
        return SparseControl.done(request, Blob.EMPTY);
    }

    /** Makes what is to take the place of a file, under a name of its own. */
    private interface Making {
        String make(FileHandle parent) throws PosixException;
    }

    /** POSIX makes no file into a link: another one takes its name, and the open with it. */
    private static void replace(FileOpen open, Making making) throws Refusal, PosixException {
        Refusal.unless(open.has(AccessMask.WRITE_DATA | AccessMask.WRITE_ATTRIBUTES), NtStatus.ACCESS_DENIED);
        Node node = open.node();
        node.lock.lock();
        try {
            Folder parent = open.location().parent();
            if (parent == null || open.base() != null) {
                throw new Refusal(NtStatus.NOT_SUPPORTED);
            }
            Refusal.unless(!node.deletePending && !node.gone, NtStatus.DELETE_PENDING);
            Refusal.unless(node.opens.size() == 1, NtStatus.SHARING_VIOLATION);
            String name = open.location().name();
            FileStat old = Posix.stat(parent.handle(), name);
            Refusal.unless(NodeKey.of(old).equals(node.key), NtStatus.OBJECT_NAME_NOT_FOUND);
            checkEmpty(open, old);
            open.volume()
                    .names()
                    .change(parent.handle(), null, null, () -> exchange(parent.handle(), name, old, making));
            FileStat now = Posix.stat(parent.handle(), name);
            FileHandle handle = now.isLink()
                    ? Links.open(parent.handle(), name)
                    : Posix.open(parent.handle(), name, true, Posix.Creation.NEVER, 0);
            open.volume().nodes().move(node, NodeKey.of(now));
            open.become(handle, now.isLink());
            open.notePath(now);
        } finally {
            node.lock.unlock();
        }
        open.volume().changes().modified(open, ChangeRecord.ATTRIBUTES);
    }

    /** What is in the way of a link would be lost. */
    private static void checkEmpty(FileOpen open, FileStat stat) throws Refusal, PosixException {
        if (stat.isFolder()) {
            Refusal.unless(Removal.isEmpty(open), NtStatus.DIRECTORY_NOT_EMPTY);
        } else if (stat.isFile()) {
            boolean bare = stat.size() == 0
                    && stat.links() == 1
                    && Streams.list(open).size() == 1
                    && ExtendedAttributes.list(open.handle()).isEmpty();
            Refusal.unless(bare, NtStatus.NOT_SUPPORTED);
        }
    }

    private static void exchange(FileHandle parent, String name, FileStat old, Making making) throws PosixException {
        String made = making.make(parent);
        boolean done = false;
        try {
            if (old.isFolder()) {
                Posix.remove(parent, name, true);
            }
            Posix.rename(parent, made, parent, name, true);
            done = true;
        } finally {
            if (!done) {
                Posix.remove(parent, made, false);
            }
        }
    }

    private static String temporary() {
        var bytes = new byte[8];
        RANDOM.nextBytes(bytes);
        return Sidecars.temporary(HexFormat.of().formatHex(bytes));
    }

    /** A target with slashes and as names are on disk, out of one from a client. */
    static String toDisk(String target) {
        String slashed = target.replace('\\', '/');
        return slashed.startsWith(WINDOWS) ? slashed : each(slashed, '/', true);
    }

    /** The reverse. */
    static String toWire(String target) {
        return target.startsWith(WINDOWS) ? target.replace('/', '\\') : each(target, '\\', false);
    }

    private static String each(String target, char separator, boolean disk) {
        var out = new StringBuilder(target.length());
        String[] components = target.split("/", -1);
        for (int i = 0; i < components.length; i++) {
            String one = components[i];
            boolean dots = one.equals(".") || one.equals("..");
            out.append(i == 0 ? "" : separator)
                    .append(dots ? one : disk ? DiskNames.toDisk(one) : DiskNames.toWire(one));
        }
        return out.toString();
    }
}
