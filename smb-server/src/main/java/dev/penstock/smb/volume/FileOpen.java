package dev.penstock.smb.volume;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.volume.fork.Fork;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.fscc.FileMetadata;
import dev.penstock.smb.wire.smb2.ChangeNotify;
import dev.penstock.smb.wire.smb2.Close;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Flush;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.Ioctl;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.Lock;
import dev.penstock.smb.wire.smb2.OplockBreak;
import dev.penstock.smb.wire.smb2.QueryDirectory;
import dev.penstock.smb.wire.smb2.QueryInfo;
import dev.penstock.smb.wire.smb2.Read;
import dev.penstock.smb.wire.smb2.SetInfo;
import dev.penstock.smb.wire.smb2.StridedRead;
import dev.penstock.smb.wire.smb2.Write;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An open file or folder. Holds its node, its handle and its place; each command's own work is in a class of its own. */
final class FileOpen implements Open {
    /** What a Mac's FLUSH says that is to go through the drive's cache. */
    private static final int FULL_SYNC = 0xFFFF;

    /** Any of these rights is one to change what is in the file. */
    static final int WRITES = AccessMask.WRITE_DATA | AccessMask.APPEND_DATA;

    private final LocalVolume volume;
    private final Node node;
    /** Another one from the moment on when the file becomes a link, or a link a file; so are kind and content. */
    private volatile FileHandle handle;

    private final Location location;
    private volatile boolean folder;
    private final int access;
    private final int share;
    private volatile int options;
    private volatile Content content;
    private final @Nullable FileOpen base;
    private final boolean underStream;
    private final Manners manners;
    private final FileData data;
    private final FolderScan scan;
    private final ResumeKey resumeKey = new ResumeKey(this);
    private final EaQuery eaQuery = new EaQuery();
    private final Stamps stamps = new Stamps();
    private final WriteTimes.Writer writer = new WriteTimes.Writer();
    private final Watching watching = new Watching(this);
    private final HostInterest host = new HostInterest(this);
    private final HandleCaching caching;
    private final Closing closing;

    /** Kept for the client, who may ask for it again. */
    private volatile long position;

    /**
     * What an open is made of. It takes over the holds of the node, the handle and the location.
     *
     * @param link whether it is a symbolic link itself
     * @param access granted rights
     */
    record Parts(
            LocalVolume volume,
            Node node,
            FileHandle handle,
            Location location,
            boolean folder,
            boolean link,
            int access,
            Create.Request request,
            Manners manners) {}

    /**
     * An open of a file or folder.
     *
     * @param underStream whether it only holds the file for an open of one of its streams
     */
    FileOpen(Parts parts, boolean underStream) {
        this(parts, underStream, null, parts.link ? new Content.OfLink() : new Content.OfFile(parts.handle));
    }

    /**
     * An open of a stream. It takes over the open of its file, too, and uses that one's handle and place.
     *
     * @param base an open that holds the stream's file
     */
    FileOpen(Parts parts, FileOpen base, Fork fork) {
        this(parts, false, base, new Content.OfFork(base, fork, parts.manners.isAfpInfo(fork.name())));
    }

    private FileOpen(Parts parts, boolean underStream, @Nullable FileOpen base, Content content) {
        this.underStream = underStream;
        this.manners = parts.manners;
        this.base = base;
        this.content = content;
        this.volume = parts.volume;
        this.node = parts.node;
        this.handle = parts.handle;
        this.location = parts.location;
        this.folder = parts.folder;
        this.access = parts.access;
        this.share = parts.request.shareAccess();
        this.options = parts.request.createOptions();
        this.caching = new HandleCaching(node);
        this.closing = new Closing(this, parts.request.has(Create.FILE_DELETE_ON_CLOSE));
        this.data = new FileData(this);
        this.scan = new FolderScan(this);
    }

    LocalVolume volume() {
        return volume;
    }

    Node node() {
        return node;
    }

    FileHandle handle() {
        return handle;
    }

    Location location() {
        return location;
    }

    /** The path as clients see it, with the stream's name where it is one. */
    String path() {
        return content instanceof Content.OfFork stream
                ? location.path() + ':' + stream.fork().name()
                : location.path();
    }

    Content content() {
        return content;
    }

    /** The open that holds the file of this stream; null for a file or folder. */
    @Nullable
    FileOpen base() {
        return base;
    }

    boolean isUnderStream() {
        return underStream;
    }

    /** The folder whose hidden folder holds this file's sidecars, held for the caller; null for a folder, which is its own. */
    @Nullable
    Folder holdHome() {
        node.lock.lock();
        try {
            Folder parent = location.parent();
            return folder || parent == null ? null : parent.retain();
        } finally {
            node.lock.unlock();
        }
    }

    boolean isFolder() {
        return folder;
    }

    /** Whether it is a symbolic link itself. */
    boolean isLink() {
        return content instanceof Content.OfLink;
    }

    /** Another file has taken the place of this one. Takes the handle over. With the node's lock held, by its only open. */
    void become(FileHandle other, boolean link) {
        FileHandle old = handle;
        handle = other;
        content = link ? new Content.OfLink() : new Content.OfFile(other);
        folder = false;
        old.close();
    }

    int access() {
        return access;
    }

    int share() {
        return share;
    }

    int options() {
        return options;
    }

    /** FileModeInformation changes how the handle works. [MS-FSCC] 2.4.31 */
    void mode(int bits) {
        options = options & ~InfoUpdate.MODE_BITS | bits;
    }

    Manners manners() {
        return manners;
    }

    EaQuery eaQuery() {
        return eaQuery;
    }

    FileData data() {
        return data;
    }

    FolderScan scan() {
        return scan;
    }

    ResumeKey resumeKey() {
        return resumeKey;
    }

    HandleCaching caching() {
        return caching;
    }

    @Override
    public String name() {
        return path();
    }

    @Override
    public @Nullable LeaseContext lease() {
        return caching.lease();
    }

    @Override
    public boolean outlives() {
        node.writeTimes.reveal(writer); // whenever the handle is closed then, nothing was written meanwhile
        node.lock.lock();
        try {
            return caching.keepsHandle() && !folder && !closing.deletes() && !node.deletePending;
        } finally {
            node.lock.unlock();
        }
    }

    @Override
    public Outcome resume(RequestContext context, Create.Request request) {
        return Refusal.answered(() -> {
            node.lock.lock();
            try {
                caching.handTo(context.holder());
                return new Outcome.Opened(this, CreateAnswer.of(this, request, Create.ACTION_OPENED, access));
            } finally {
                node.lock.unlock();
            }
        });
    }

    @Override
    public Outcome acknowledgeOplock(RequestContext context, OplockBreak.Acknowledgment request) {
        return Keeping.acknowledge(this, request);
    }

    Stamps stamps() {
        return stamps;
    }

    WriteTimes.Writer writer() {
        return writer;
    }

    boolean has(int right) {
        return (access & right) != 0;
    }

    long position() {
        return position;
    }

    void position(long bytes) {
        position = bytes;
    }

    /** Whoever keeps the file's id may ask for its path, which has changed. */
    void notePath() throws PosixException {
        if (manners.session()) {
            notePath(stat());
        }
    }

    /** The same with what is known of the file. */
    void notePath(FileStat stat) {
        Folder parent = location.parent();
        if (manners.session() && parent != null) {
            volume.paths().note(StoredAttributes.fileId(stat), parent.fileId(), location.name());
        }
    }

    FileStat stat() throws PosixException {
        return Posix.stat(handle);
    }

    /** Everything that is reported of the file now. */
    FileMetadata metadata() throws PosixException {
        FileStat stat = stat();
        if (base != null) {
            return base.metadata().ofStream(content.allocated(), content.size());
        }
        FileMetadata file = StoredAttributes.of(handle, stat).metadata(handle, stat);
        return file.withWrite(node.writeTimes.shown(file.write()));
    }

    @Override
    public Outcome read(RequestContext context, Read.Request request) {
        return Refusal.answered(() -> data.read(context, request));
    }

    @Override
    public @Nullable Outcome readNow(RequestContext context, Read.Request request) {
        return data.readNow(context, request);
    }

    @Override
    public boolean readsStrided() {
        return !folder && content instanceof Content.OfFile;
    }

    @Override
    public Outcome readStrided(RequestContext context, StridedRead.Request request, MemorySegment into) {
        return Refusal.answered(() -> StridedData.read(this, request, into));
    }

    @Override
    public Outcome write(RequestContext context, Write.Request request, ByteBuffer bytes) {
        return Refusal.answered(() -> data.write(request, bytes));
    }

    @Override
    public @Nullable Outcome writeNow(RequestContext context, Write.Request request, ByteBuffer bytes) {
        return data.mayWriteNow(request, bytes.remaining()) ? write(context, request, bytes) : null;
    }

    @Override
    public Outcome flush(RequestContext context, Flush.Request request) {
        return Refusal.answered(() -> {
            // A folder is flushed with the right to add to it.
            if (!has(WRITES)) {
                throw new Refusal(NtStatus.ACCESS_DENIED);
            }
            data.sync(request.reserved1() == FULL_SYNC && manners.session());
            node.writeTimes.reveal(writer);
            return Outcome.done(new Flush.Response());
        });
    }

    @Override
    public Outcome lock(RequestContext context, Lock.Request request) {
        return Refusal.answered(
                () -> FileLocking.lock(this, request, context.header().has(Header.REPLAY)));
    }

    @Override
    public Outcome queryDirectory(RequestContext context, QueryDirectory.Request request) {
        return Refusal.answered(() -> scan.next(context, request));
    }

    @Override
    public Outcome queryInfo(RequestContext context, QueryInfo.Request request) {
        return Refusal.answered(() -> InfoQuery.answer(this, context, request));
    }

    @Override
    public Outcome setInfo(RequestContext context, SetInfo.Request request) {
        return Retried.run(context.io(), attempts -> InfoUpdate.apply(this, request, attempts));
    }

    @Override
    public Outcome changeNotify(RequestContext context, ChangeNotify.Request request) {
        return Refusal.answered(() -> watching.next(request));
    }

    Watching watching() {
        return watching;
    }

    HostInterest host() {
        return host;
    }

    @Override
    public Outcome ioctl(RequestContext context, Ioctl.Request request) {
        return Refusal.answered(() -> FileControl.answer(this, context, request));
    }

    @Override
    public Outcome duplicateExtents(RequestContext context, Open source, Ioctl.Request request) {
        return Refusal.answered(() -> SharedExtents.duplicate(this, source, request));
    }

    @Override
    public Outcome.Final close(RequestContext context, Close.Request request) {
        return closing.answer(request);
    }

    @Override
    public void abandon() {
        closing.abandon();
    }
}
