package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mserref.NtStatus;
import com.hierynomus.msfscc.fileinformation.FileInternalInformation;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.share.File;
import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of a share under another name until it is committed. Thread-safe.
 *
 * <p>It is written by all ways at once, each with a handle of its own; what was under way on one that is lost is written again by another, the
 * same bytes to the same place. <b>That nothing is missing</b> stands on handles, too: a server that was restarted, and may have lost what it had
 * acknowledged, has no handle that was opened before. So the file is committed by a FLUSH through a handle that has been there from the
 * beginning. One that is opened later takes that over from one that has been, by a FLUSH through the latter: both then were there together, and what
 * was written before is on the disk. Where none is left, the file fails.
 */
final class SmbNewFile implements NewFile, OpenFile {
    private static final Logger LOG = LoggerFactory.getLogger(SmbNewFile.class);

    private final SmbFileStore store;
    private final Rails rails;
    private final String path;
    private final String unfinished;
    private final long id;
    private final Handles handles;

    /** Connections whose handles vouch for all that was acknowledged. */
    private final Set<ShareConnection> vouching = ConcurrentHashMap.newKeySet();

    private volatile boolean renaming;
    private volatile boolean over;

    private SmbNewFile(SmbFileStore store, Rails rails, String path, String unfinished, Begun begun) {
        this.store = store;
        this.rails = rails;
        this.path = path;
        this.unfinished = unfinished;
        this.id = begun.id;
        this.handles = new Handles(begun.by, begun.file, this::openLater);
        vouching.add(begun.by);
    }

    private record Begun(ShareConnection by, File file, long id) {}

    static SmbNewFile create(SmbFileStore store, Rails rails, String path) throws IOException {
        String name = SmbFileStore.windows(path);
        String folder = name.substring(0, Math.max(0, name.lastIndexOf('\\')));
        String unfinished = (folder.isEmpty() ? "" : folder + "\\") + ".penstock-" + UUID.randomUUID() + ".part";
        var begun = rails.call(connection -> {
            try {
                makeFolders(connection.share(), folder);
                // Nobody else knows the name: what has it was made by an attempt whose answer was lost.
                File file = open(connection, unfinished, SMB2CreateDisposition.FILE_OPEN_IF);
                return new Begun(connection, file, idOf(file));
            } catch (SMBRuntimeException e) {
                throw TreeExchange.failure(path, e);
            }
        });
        var file = new SmbNewFile(store, rails, path, unfinished, begun);
        try {
            file.openEverywhere();
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        return file;
    }

    private static void makeFolders(DiskShare share, String folder) {
        for (int end = folder.indexOf('\\'); !folder.isEmpty(); end = folder.indexOf('\\', end + 1)) {
            try {
                share.mkdir(end < 0 ? folder : folder.substring(0, end));
            } catch (SMBApiException e) {
                if (e.getStatus() != NtStatus.STATUS_OBJECT_NAME_COLLISION) {
                    throw e;
                }
            }
            if (end < 0) {
                return;
            }
        }
    }

    private static File open(ShareConnection by, String name, SMB2CreateDisposition disposition) {
        var access = EnumSet.of(AccessMask.GENERIC_WRITE, AccessMask.DELETE, AccessMask.FILE_READ_ATTRIBUTES);
        return by.share().openFile(name, access, null, SMB2ShareAccess.ALL, disposition, null);
    }

    private static long idOf(File file) {
        return file.getFileInformation(FileInternalInformation.class).getIndexNumber();
    }

    // ---------------------------------------------------------------- handles

    /** While nothing is written each handle vouches for all. */
    private void openEverywhere() throws IOException {
        for (ShareConnection connection : rails.standing()) {
            try {
                rails.call(connection, handles::of);
            } catch (RailLostException e) {
                LOG.debug("{} begins without a way that was lost", path, e);
            }
        }
    }

    private File openLater(ShareConnection by) throws IOException {
        File file;
        try {
            file = open(by, unfinished, SMB2CreateDisposition.FILE_OPEN);
            if (idOf(file) != id) {
                file.closeSilently();
                throw new IOException(path + ": what was begun is another file now");
            }
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
        try {
            flush();
        } catch (IOException e) {
            file.closeSilently();
            throw e;
        }
        vouching.add(by);
        return file;
    }

    /** By a handle that vouches for all. */
    private void flush() throws IOException {
        for (ShareConnection connection : vouching) {
            File file = handles.existing(connection);
            if (file != null) {
                try {
                    rails.call(connection, _ -> flush(file));
                    return;
                } catch (RailLostException e) {
                    LOG.debug("{} is flushed by another way", path, e);
                }
            }
        }
        throw new IOException(
                path + ": no way is left by which it was begun, so that the store may have been restarted and"
                        + " have lost some of it");
    }

    private File flush(File file) throws IOException {
        try {
            file.flush();
            return file;
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public File handle(ShareConnection by) throws IOException {
        return handles.of(by);
    }

    void checkOpen() throws IOException {
        if (over) {
            throw new IOException(path + " is closed");
        }
    }

    // ---------------------------------------------------------------- what it is for

    @Override
    public CompletableFuture<Void> write(long offset, ReadTarget source, long sourceOffset, long length) {
        if (offset < 0 || length < 0) {
            return CompletableFuture.failedFuture(new IllegalArgumentException(length + " bytes at " + offset));
        }
        var from = SmbFile.own(source);
        from.memory().asSlice(sourceOffset, length);
        if (length == 0) {
            return CompletableFuture.completedFuture(null);
        }
        int part = store.writeBytes();
        int parts = Math.toIntExact((length + part - 1) / part);
        var pending = new SmbFile.Pending(parts);
        for (int i = 0; i < parts; i++) {
            long at = (long) i * part;
            int bytes = (int) Math.min(part, length - at);
            store.submit(pending, () -> store.write(this, offset + at, from, sourceOffset + at, bytes));
        }
        return pending.done();
    }

    @Override
    public void commit() throws IOException {
        checkOpen();
        flush();
        renaming = true;
        rails.call(this::rename);
        over = true;
        handles.close();
    }

    /** Once more, where the answer was lost with its way. */
    private ShareConnection rename(ShareConnection by) throws IOException {
        try {
            handle(by).rename(SmbFileStore.windows(path), true);
        } catch (NoSuchFileException e) {
            if (!isThere(by)) {
                throw e;
            }
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
        return by;
    }

    private boolean isThere(ShareConnection by) throws IOException {
        try (File there = by.share()
                .openFile(
                        SmbFileStore.windows(path),
                        EnumSet.of(AccessMask.FILE_READ_ATTRIBUTES),
                        null,
                        SMB2ShareAccess.ALL,
                        SMB2CreateDisposition.FILE_OPEN,
                        null)) {
            return idOf(there) == id;
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
    }

    @Override
    public void close() {
        if (over) {
            return;
        }
        over = true;
        try {
            rails.call(this::remove);
        } catch (IOException e) {
            store.leaveBehind(unfinished, e);
        } finally {
            handles.close();
        }
    }

    private ShareConnection remove(ShareConnection by) throws IOException {
        // What may have its name already must not be removed: only what is still unfinished, by that name.
        File own = renaming ? null : handles.existing(by);
        if (own == null) {
            remove(by, unfinished);
            return by;
        }
        try {
            own.deleteOnClose();
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(path, e);
        }
        return by;
    }

    /** Removes a file that was begun; it is gone when the last of its handles is. */
    static void remove(ShareConnection by, String unfinished) throws IOException {
        try {
            by.share().rm(unfinished);
        } catch (SMBApiException e) {
            var status = e.getStatus();
            boolean gone = status == NtStatus.STATUS_OBJECT_NAME_NOT_FOUND
                    || status == NtStatus.STATUS_OBJECT_PATH_NOT_FOUND
                    || status == NtStatus.STATUS_DELETE_PENDING;
            if (!gone) {
                throw TreeExchange.failure(unfinished, e);
            }
        } catch (SMBRuntimeException e) {
            throw TreeExchange.failure(unfinished, e);
        }
    }
}
