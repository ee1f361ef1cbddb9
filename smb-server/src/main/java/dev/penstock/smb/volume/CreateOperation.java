package dev.penstock.smb.volume;

import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Links;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.dtyp.Sid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import dev.penstock.smb.wire.fscc.FileAttributes;
import dev.penstock.smb.wire.fscc.FullEa;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.MaximalAccessContext;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One CREATE. [MS-FSA] 2.1.5.1. Used once, by one thread. */
final class CreateOperation {
    /** A name that comes and goes meanwhile is looked up again, but not for ever. */
    private static final int MOST_TRIES = 8;

    private static final int FOLDER_MODE = 0777;
    private static final int FILE_MODE = 0666;

    private static final int WRITES = AccessMask.WRITE_DATA | AccessMask.APPEND_DATA;

    private final LocalVolume volume;
    private final Create.Request request;
    private final Set<Sid> caller;
    private final CreateRights rights;

    /** The file is held for a stream of it, and is not itself opened. */
    private boolean underStream;

    /** The name ends in {@code ::$DATA}, which folders do not have. */
    private boolean dataStream;

    private int granted;
    private final Asker asker;
    private final Manners manners;

    CreateOperation(LocalVolume volume, Asker asker, Manners manners, Create.Request request) {
        this.manners = manners;
        this.volume = volume;
        this.asker = asker;
        this.request = request;
        this.caller = volume.callers().sidsOf(asker.user());
        this.rights = new CreateRights(request, caller);
    }

    Outcome run() throws Refusal, PosixException {
        CreateRules.check(request);
        if (QuotaOpen.isNamed(request.name())) {
            return QuotaOpen.create(request);
        }
        SharePath path = SharePath.parse(request.name());
        String stream = path.stream();
        if (stream != null) {
            return new StreamCreate(volume, asker, manners, request, path, stream).run();
        }
        dataStream = path.data();
        return run(path);
    }

    /** Holds the file of a stream, whose rights are then {@link #granted}. */
    Outcome runUnder(SharePath path) throws Refusal, PosixException {
        underStream = true;
        return run(path);
    }

    int granted() {
        return granted;
    }

    private Outcome run(SharePath path) throws Refusal, PosixException {
        if (path.isRoot()) {
            return openRoot();
        }
        for (int i = 0; i < MOST_TRIES; i++) {
            LocalVolume.Place place = volume.locate(path, manners.session());
            try {
                Outcome outcome = place.stat() == null ? createNew(place) : openExisting(place, place.stat(), path);
                if (outcome != null) {
                    return outcome;
                }
            } finally {
                place.parent().release();
            }
        }
        throw new Refusal(NtStatus.DELETE_PENDING);
    }

    private Outcome openRoot() throws Refusal, PosixException {
        Folder root = volume.holdRoot();
        try {
            FileStat stat = Posix.stat(root.handle());
            checkKind(stat);
            Node node = volume.nodes().hold(root.key());
            Outcome outcome = null;
            try {
                node.lock.lock();
                try {
                    int granted = rights.granted(root.handle(), stat, null);
                    checkSharing(node, granted);
                    Refusal.unless(!request.has(Create.FILE_DELETE_ON_CLOSE), NtStatus.ACCESS_DENIED);
                    FileHandle handle = Posix.openFolder(root.handle(), ".");
                    outcome = opened(node, handle, place(node, null, ""), stat, granted, Create.ACTION_OPENED);
                } finally {
                    node.lock.unlock();
                }
            } finally {
                if (outcome == null) {
                    volume.nodes().release(node);
                }
            }
            return outcome;
        } finally {
            root.release();
        }
    }

    /** Refuses what is not of the kind asked for, and what a share does not show. */
    private void checkKind(FileStat stat) throws Refusal {
        Refusal.unless(stat.isFile() || stat.isFolder(), NtStatus.ACCESS_DENIED);
        Refusal.unless(request.createDisposition() != Create.FILE_CREATE, NtStatus.OBJECT_NAME_COLLISION);
        Refusal.unless(!dataStream || !request.has(Create.FILE_DIRECTORY_FILE), NtStatus.NOT_A_DIRECTORY);
        if (stat.isFolder()) {
            Refusal.unless(!dataStream, NtStatus.FILE_IS_A_DIRECTORY);
            Refusal.unless(!request.has(Create.FILE_NON_DIRECTORY_FILE), NtStatus.FILE_IS_A_DIRECTORY);
            Refusal.unless(!request.replaces(), NtStatus.OBJECT_NAME_COLLISION);
        } else {
            Refusal.unless(!request.has(Create.FILE_DIRECTORY_FILE), NtStatus.NOT_A_DIRECTORY);
        }
    }

    /** Null where the file went away meanwhile. */
    private @Nullable Outcome openExisting(LocalVolume.Place place, FileStat stat, SharePath path)
            throws Refusal, PosixException {
        Node node = volume.nodes().hold(NodeKey.of(stat));
        Outcome outcome = null;
        node.lock.lock();
        try {
            if (node.gone) {
                return null;
            }
            // Before whether the name is free: it will be.
            Refusal.unless(!node.deletePending, NtStatus.DELETE_PENDING);
            if (stat.isLink()) {
                SymbolicLinks.check(place, path, request, underStream);
            } else {
                checkKind(stat);
            }
            outcome = openHeld(place, stat, node);
            return outcome;
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        } finally {
            node.lock.unlock();
            if (outcome == null) {
                volume.nodes().release(node);
            }
        }
    }

    private @Nullable Outcome openHeld(LocalVolume.Place place, FileStat stat, Node node)
            throws Refusal, PosixException {
        Folder parent = place.parent();
        // First without the right to write: what may be granted is written in the file itself.
        FileHandle handle = open(parent, place.name(), stat, false);
        try {
            if (!NodeKey.of(Posix.stat(handle)).equals(node.key)) {
                return null;
            }
            StoredAttributes attributes = StoredAttributes.of(handle, stat);
            int granted =
                    rights.granted(handle, stat, parent) & ~(isReadOnly(attributes) && stat.isFile() ? WRITES : 0);
            checkAttributes(attributes, stat);
            checkSharing(node, granted);
            if (((granted & WRITES) != 0 && stat.isFile()) || request.replaces()) {
                FileHandle readOnly = handle;
                FileHandle writable = openWritable(place, stat);
                if (writable == null) {
                    granted &= ~WRITES;
                } else {
                    handle = writable;
                    readOnly.close();
                }
            }
            if (request.replaces()) {
                replace(handle, stat, attributes, node, place);
            }
            FileHandle opened = handle;
            handle = null;
            Location location = place(node, parent, place.name());
            if (request.replaces()) {
                volume.changes().modified(location, ChangeRecord.SIZE | ChangeRecord.LAST_WRITE, asker.parentLease());
            }
            return opened(node, opened, location, stat, granted, request.actionOnExisting());
        } finally {
            if (handle != null) {
                handle.close();
            }
        }
    }

    private void checkSharing(Node node, int access) throws Refusal {
        if (!underStream) {
            asker.checkSharing(volume, node, access, request);
        }
    }

    private static FileHandle open(Folder parent, String name, FileStat stat, boolean writable) throws PosixException {
        if (stat.isLink()) {
            return Links.open(parent.handle(), name);
        }
        return stat.isFolder()
                ? Posix.openFolder(parent.handle(), name)
                : Posix.open(parent.handle(), name, writable, Posix.Creation.NEVER, 0);
    }

    /** Null where the operating system does not let the store write and the client has not asked for it in so many words. */
    private @Nullable FileHandle openWritable(LocalVolume.Place place, FileStat stat) throws PosixException {
        try {
            return open(place.parent(), place.name(), stat, true);
        } catch (PosixException e) {
            if (rights.asksToWrite()) {
                throw e;
            }
            return null;
        }
    }

    private static boolean isReadOnly(StoredAttributes attributes) {
        return (attributes.attributes() & FileAttributes.READONLY) != 0;
    }

    private void checkAttributes(StoredAttributes attributes, FileStat stat) throws Refusal {
        boolean readOnly = isReadOnly(attributes) && stat.isFile();
        if (readOnly) {
            Refusal.unless(!request.has(Create.FILE_DELETE_ON_CLOSE), NtStatus.CANNOT_DELETE);
            Refusal.unless(!rights.asksToWrite(), NtStatus.ACCESS_DENIED);
        }
        if (request.replaces()) {
            // What is hidden or of the system is replaced only by what says that it is too.
            int guarded = attributes.attributes() & (FileAttributes.HIDDEN | FileAttributes.SYSTEM);
            Refusal.unless((guarded & ~request.fileAttributes()) == 0, NtStatus.ACCESS_DENIED);
        }
    }

    private void replace(FileHandle handle, FileStat stat, StoredAttributes old, Node node, LocalVolume.Place place)
            throws Refusal, PosixException {
        Posix.truncate(handle, 0);
        Streams.removeClosed(volume, node, handle, place.parent());
        ExtendedAttributes.removeAll(handle);
        int attributes = (request.fileAttributes() & FileAttributes.SETTABLE) | FileAttributes.ARCHIVE;
        boolean overwrites = request.createDisposition() != Create.FILE_SUPERSEDE;
        int kept = overwrites ? old.attributes() & (FileAttributes.HIDDEN | FileAttributes.SYSTEM) : 0;
        new StoredAttributes(attributes | kept, old.creation(), 0, 0).store(handle, stat);
        reserve(handle);
        setExtendedAttributes(handle, place.parent());
    }

    /** ExtA: extended attributes of what is made or overwritten. [MS-SMB2] 2.2.13.2.1. */
    private void setExtendedAttributes(FileHandle handle, Folder parent) throws Refusal, PosixException {
        Blob list = request.context("ExtA");
        if (list == null || list.isEmpty()) {
            return;
        }
        try {
            FileHandle home = request.has(Create.FILE_DIRECTORY_FILE) ? handle : parent.handle();
            ExtendedAttributes.set(handle, home, FullEa.decode(list));
        } catch (MalformedMessage _) {
            throw new Refusal(NtStatus.EA_LIST_INCONSISTENT);
        }
    }

    /** Null where somebody else made the name meanwhile. */
    private @Nullable Outcome createNew(LocalVolume.Place place) throws Refusal, PosixException {
        Refusal.unless(request.creates(), NtStatus.OBJECT_NAME_NOT_FOUND);
        boolean folder = request.has(Create.FILE_DIRECTORY_FILE);
        boolean readOnly = (request.fileAttributes() & FileAttributes.READONLY) != 0;
        Refusal.unless(!(readOnly && request.has(Create.FILE_DELETE_ON_CLOSE) && !folder), NtStatus.CANNOT_DELETE);
        asker.checkLeaseIsFree(volume);
        Folder parent = place.parent();
        SecurityDescriptor security = securityOfNew(parent, folder);
        checkParentNotDeleted(parent);
        String name = place.name();
        FileHandle[] made = new FileHandle[1];
        try {
            volume.names().change(parent.handle(), null, name, () -> made[0] = make(parent, name, folder));
        } catch (PosixException e) {
            if (e.errno() == Errno.EEXIST) {
                return null;
            }
            throw e;
        }
        FileHandle handle = java.util.Objects.requireNonNull(made[0]);
        Outcome outcome = null;
        try {
            outcome = openNew(parent, name, handle, folder, security);
            volume.changes().added(parent, name, folder, asker.parentLease());
            return outcome;
        } finally {
            if (outcome == null) {
                handle.close();
            }
        }
    }

    private Outcome openNew(
            Folder parent, String name, FileHandle handle, boolean folder, @Nullable SecurityDescriptor security)
            throws Refusal, PosixException {
        FileStat stat = Posix.stat(handle);
        int attributes = request.fileAttributes() & FileAttributes.SETTABLE;
        var stored = new StoredAttributes(attributes | (folder ? 0 : FileAttributes.ARCHIVE), 0, 0, 0);
        if (!stored.equals(StoredAttributes.initial(stat))) {
            stored.store(handle, stat);
        }
        if (security != null) {
            StoredSecurity.store(handle, security);
        }
        reserve(handle);
        setExtendedAttributes(handle, parent);
        int granted = rights.ofMaker(handle, stat);
        Node node = volume.nodes().hold(NodeKey.of(stat));
        Outcome outcome = null;
        node.lock.lock();
        try {
            outcome = opened(node, handle, place(node, parent, name), stat, granted, Create.ACTION_CREATED);
            return outcome;
        } finally {
            node.lock.unlock();
            if (outcome == null) {
                volume.nodes().release(node);
            }
        }
    }

    private static FileHandle make(Folder parent, String name, boolean folder) throws PosixException {
        if (!folder) {
            return Posix.open(parent.handle(), name, true, Posix.Creation.ALWAYS, FILE_MODE);
        }
        Posix.makeFolder(parent.handle(), name, FOLDER_MODE);
        return Posix.openFolder(parent.handle(), name);
    }

    private void checkParentNotDeleted(Folder parent) throws Refusal {
        Node node = volume.nodes().holdIfPresent(parent.key());
        if (node == null) {
            return;
        }
        node.lock.lock();
        try {
            Refusal.unless(!node.deletePending, NtStatus.DELETE_PENDING);
        } finally {
            node.lock.unlock();
            volume.nodes().release(node);
        }
    }

    /** The descriptor that the client gives, or what is inherited; null where neither is. Checks the right to add to the folder. */
    private @Nullable SecurityDescriptor securityOfNew(Folder parent, boolean folder) throws Refusal, PosixException {
        FileStat stat = Posix.stat(parent.handle());
        SecurityDescriptor above = StoredSecurity.of(parent.handle(), stat);
        int needed = folder ? AccessMask.APPEND_DATA : AccessMask.WRITE_DATA;
        Refusal.unless((AccessCheck.granted(above, caller) & needed) != 0, NtStatus.ACCESS_DENIED);
        Sid owner = volume.callers().process();
        Sid group = Sid.ofGroup(stat.gid());
        SecurityDescriptor inherited = AccessCheck.inherited(above, folder, owner, group);
        Blob given = request.context("SecD");
        if (given != null) {
            SecurityDescriptor descriptor = AccessCheck.specific(InfoUpdate.decode(given));
            boolean hasDacl = (descriptor.control() & SecurityDescriptor.DACL_PRESENT) != 0;
            SecurityDescriptor rest = hasDacl ? descriptor : orDefault(inherited, stat);
            return new SecurityDescriptor(
                    descriptor.control() | SecurityDescriptor.DACL_PRESENT,
                    descriptor.owner() == null ? owner : descriptor.owner(),
                    descriptor.group() == null ? group : descriptor.group(),
                    rest.dacl());
        }
        return inherited;
    }

    private static SecurityDescriptor orDefault(@Nullable SecurityDescriptor inherited, FileStat parent) {
        return inherited != null ? inherited : StoredSecurity.initial(parent);
    }

    /** AlSi: space that the client wants set aside. [MS-SMB2] 2.2.13.2.6. */
    private void reserve(FileHandle handle) throws PosixException {
        Blob size = request.context("AlSi");
        if (size != null && size.length() == 8 && !request.has(Create.FILE_DIRECTORY_FILE)) {
            long bytes = Long.reverseBytes(size.buffer().getLong());
            if (bytes > 0) {
                Posix.reserve(handle, bytes);
            }
        }
    }

    /** The place that the node's opens by this name share. With the node's lock held. */
    private static Location place(Node node, @Nullable Folder parent, String name) {
        for (FileOpen other : node.opens) {
            if (other.location().is(parent, name)) {
                return other.location().shared();
            }
        }
        return new Location(parent == null ? null : parent.retain(), name);
    }

    /** Registers the open. With the node's lock held; takes all holds over. */
    private Outcome opened(Node node, FileHandle handle, Location location, FileStat stat, int given, int action)
            throws PosixException {
        granted = given;
        int access = underStream ? 0 : given;
        var open = new FileOpen(
                new FileOpen.Parts(
                        volume, node, handle, location, stat.isFolder(), stat.isLink(), access, request, manners),
                underStream);
        node.opens.add(open);
        asker.keep(open);
        open.notePath(stat);
        try {
            boolean asked = request.context(MaximalAccessContext.NAME) != null;
            int maximal = asked ? rights.maximal(handle, stat, location.parent()) : 0;
            return new Outcome.Opened(open, CreateAnswer.of(open, request, action, maximal));
        } catch (PosixException e) {
            open.abandon();
            volume.nodes().hold(node.key); // the caller still believes that it holds the node
            throw e;
        }
    }
}
