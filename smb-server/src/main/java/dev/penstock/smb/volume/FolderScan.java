package dev.penstock.smb.volume;

import dev.penstock.smb.apple.Aapl;
import dev.penstock.smb.apple.FinderEntry;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.Payload;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.DirectoryInformation;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.fscc.NamePattern;
import dev.penstock.smb.wire.fscc.SymbolicLink;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * QUERY_DIRECTORY of one open folder: reads on from where the last request ended. [MS-SMB2] 3.3.5.18, [MS-FSA] 2.1.5.6.3. The dispatcher
 * asks one at a time; the lock is for the close that may come from elsewhere.
 */
final class FolderScan {
    private static final int FIRST_BUFFER = 64 << 10;

    private final FileOpen open;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable FolderReader reader;
    private @Nullable NamePattern pattern;

    /** How far the scan is: the two dots come before what the reader gives. */
    private int dots;

    private boolean ended;

    /** The class asked for tells the size of the extended attributes, which takes a call an entry. */
    private boolean eaSizes;

    /** Where the client was promised the Finder's metadata in entries of this class. */
    private @Nullable FinderListing finder;

    /** The folder's own id, where Macs may ask for paths. */
    private long fileId;

    /** Read already, but not sent for want of room. */
    private @Nullable Entry kept;

    private record Entry(
            String name, FileMetadata metadata, @Nullable FinderEntry finder) {}

    FolderScan(FileOpen open) {
        this.open = open;
    }

    Outcome next(RequestContext context, QueryDirectory.Request request) throws Refusal, PosixException {
        Refusal.unless(open.isFolder(), NtStatus.INVALID_PARAMETER);
        Refusal.unless(open.has(AccessMask.READ_DATA), NtStatus.ACCESS_DENIED);
        int fixed = DirectoryInformation.fixedSize(request.fileInformationClass());
        Refusal.unless(fixed > 0, NtStatus.INVALID_INFO_CLASS);
        Refusal.unless(request.outputBufferLength() >= fixed, NtStatus.INFO_LENGTH_MISMATCH);
        lock.lock();
        try {
            eaSizes = DirectoryInformation.hasEaSize(request.fileInformationClass());
            boolean second = context.notes().hasApple(Aapl.READ_DIR_ATTR_V2);
            // Whatever the share is for: a Mac reads all listings of a session the same way.
            boolean forMacs = request.fileInformationClass() == DirectoryInformation.ID_BOTH_DIRECTORY
                    && (second || context.notes().hasApple(Aapl.READ_DIR_ATTR));
            fileId = forMacs ? StoredAttributes.fileId(open.stat()) : 0;
            finder = forMacs
                    ? new FinderListing(open.handle(), open.volume().callers().sidsOf(context.user()))
                    : null;
            boolean first = start(request);
            return fill(context, request, first);
        } finally {
            lock.unlock();
        }
    }

    /** Begins the scan where it has not begun, or again where the client asks for that; true then. */
    private boolean start(QueryDirectory.Request request) throws Refusal, PosixException {
        boolean again = request.has(QueryDirectory.RESTART_SCANS) || request.has(QueryDirectory.REOPEN);
        if (pattern != null && !again) {
            return false;
        }
        String text = request.pattern();
        if (pattern == null || !text.isEmpty()) {
            Refusal.unless(text.indexOf('\\') < 0 && text.indexOf('/') < 0, NtStatus.OBJECT_NAME_INVALID);
            pattern = new NamePattern(text.isEmpty() ? "*" : text);
        }
        dots = 0;
        ended = false;
        kept = null;
        if (reader != null) {
            reader.rewind();
        }
        return true;
    }

    private Outcome fill(RequestContext context, QueryDirectory.Request request, boolean first)
            throws Refusal, PosixException {
        int most = (int) Math.min(request.outputBufferLength(), context.client().maxTransact());
        int informationClass = request.fileInformationClass();
        var out = new WireWriter(Math.min(most, FIRST_BUFFER));
        int last = -1;
        for (Entry entry = take(); entry != null; entry = take()) {
            if (out.position() + DirectoryInformation.cost(out.position(), informationClass, entry.name) > most) {
                kept = entry;
                Refusal.unless(last >= 0, NtStatus.BUFFER_OVERFLOW);
                break;
            }
            last = entry.finder != null
                    ? entry.finder.append(
                            out,
                            last,
                            entry.name,
                            entry.metadata,
                            context.notes().hasApple(Aapl.READ_DIR_ATTR_V2))
                    : DirectoryInformation.append(out, last, informationClass, entry.name, entry.metadata);
            if (request.has(QueryDirectory.RETURN_SINGLE_ENTRY)) {
                break;
            }
        }
        Refusal.unless(last >= 0, first ? NtStatus.NO_SUCH_FILE : NtStatus.NO_MORE_FILES);
        return Outcome.done(QueryDirectory.Response.of(out.position()), new Payload.Bytes(out.buffer()));
    }

    /** The next entry that matches, or null at the end. */
    private @Nullable Entry take() throws PosixException {
        if (kept != null) {
            Entry entry = kept;
            kept = null;
            return entry;
        }
        while (!ended) {
            Entry entry = dots < 2 ? dot() : pattern().isPlain() ? single() : read();
            if (entry != null && pattern().matches(entry.name)) {
                return entry;
            }
        }
        return null;
    }

    private NamePattern pattern() {
        return java.util.Objects.requireNonNull(pattern);
    }

    private @Nullable Entry dot() throws PosixException {
        boolean self = dots++ == 0;
        String name = self ? "." : "..";
        if (!pattern().matches(name)) {
            return null;
        }
        Folder parent = open.location().parent();
        if (self || parent == null) {
            return new Entry(
                    name, open.metadata(), finder == null ? null : finder.ofFolder(open.handle(), open.stat()));
        }
        FileStat stat = Posix.stat(parent.handle());
        FileMetadata metadata = StoredAttributes.of(parent.handle(), stat).metadata(stat);
        return new Entry(name, metadata, finder == null ? null : finder.ofFolder(parent.handle(), stat));
    }

    /** A pattern without wildcards is looked up instead of searched for. */
    private @Nullable Entry single() throws PosixException {
        ended = true;
        String name = DiskNames.toDisk(pattern().text());
        if (Sidecars.isHidden(name)) {
            return null;
        }
        try {
            return entryOf(name);
        } catch (PosixException e) {
            String other = e.errno() == Errno.ENOENT
                    ? open.volume()
                            .names()
                            .find(open.handle(), name, open.manners().session())
                    : null;
            return other == null ? null : entryOf(other);
        }
    }

    private @Nullable Entry entryOf(String name) throws PosixException {
        FolderReader names = reader();
        names.turnTo(name);
        return entry(names, name);
    }

    private FolderReader reader() throws PosixException {
        FolderReader names = reader;
        if (names == null) {
            names = new FolderReader(open.handle());
            reader = names;
        }
        return names;
    }

    private @Nullable Entry read() throws PosixException {
        FolderReader names = reader();
        String name = names.next();
        if (name == null) {
            ended = true;
            return null;
        }
        if (finder != null
                && open.manners().share()
                && AppleDoubleImport.isAppleDouble(name)
                && AppleDoubleImport.takeIn(open.volume(), open.handle(), AppleDoubleImport.owner(name))) {
            return null;
        }
        if (!pattern().matches(DiskNames.toWire(name)) || Sidecars.isHidden(name)) {
            return null;
        }
        try {
            return entry(names, name);
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return null; // removed since it was read
            }
            throw e;
        }
    }

    private @Nullable Entry entry(FolderReader names, String name) throws PosixException {
        FileStat stat = names.stat();
        if (!stat.isFile() && !stat.isFolder() && !stat.isLink()) {
            return null; // pipes and devices cannot be opened through the share
        }
        FileMetadata metadata = stat.isLink()
                ? StoredAttributes.initial(stat).metadata(stat).withEaSize(SymbolicLink.TAG)
                : StoredAttributes.of(names, stat).metadata(stat);
        String onDisk = DiskNames.toWire(name);
        String wire = open.manners().session() ? DiskNames.compose(onDisk) : onDisk;
        if (finder != null) {
            open.volume().paths().note(metadata.fileId(), fileId, name);
            FinderEntry entry =
                    stat.isLink() ? FinderEntry.ofLink(SymbolicLink.TAG, stat.mode()) : finder.of(names, name, stat);
            return new Entry(wire, metadata, entry);
        }
        return new Entry(
                wire, eaSizes && !stat.isLink() ? metadata.withEaSize(ExtendedAttributes.size(names)) : metadata, null);
    }

    void close() {
        lock.lock();
        try {
            if (reader != null) {
                reader.close();
                reader = null;
            }
            ended = true;
            kept = null;
        } finally {
            lock.unlock();
        }
    }
}
