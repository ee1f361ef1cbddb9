package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mserref.NtStatus;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.share.DiskShare;
import com.hierynomus.smbj.share.File;
import dev.penstock.cache.store.NewFile;
import dev.penstock.cache.store.ReadTarget;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of a share under another name, which nobody else may open, until it is committed. Thread-safe. */
final class SmbNewFile implements NewFile {
    private static final Logger LOG = LoggerFactory.getLogger(SmbNewFile.class);

    private final SmbFileStore store;
    private final ShareConnection connection;
    private final String path;
    private final File file;
    private volatile boolean over;

    private SmbNewFile(SmbFileStore store, ShareConnection connection, String path, File file) {
        this.store = store;
        this.connection = connection;
        this.path = path;
        this.file = file;
    }

    static SmbNewFile create(SmbFileStore store, ShareConnection connection, String path) throws IOException {
        String name = SmbFileStore.windows(path);
        String folder = name.substring(0, Math.max(0, name.lastIndexOf('\\')));
        try {
            makeFolders(connection.share(), folder);
            String unfinished = (folder.isEmpty() ? "" : folder + "\\") + ".penstock-" + UUID.randomUUID() + ".part";
            File file = connection
                    .share()
                    .openFile(
                            unfinished,
                            EnumSet.of(AccessMask.GENERIC_WRITE, AccessMask.DELETE),
                            null,
                            Set.of(),
                            SMB2CreateDisposition.FILE_CREATE,
                            null);
            return new SmbNewFile(store, connection, path, file);
        } catch (SMBRuntimeException e) {
            throw ShareConnection.failure(path, e);
        }
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

    @Override
    public String path() {
        return path;
    }

    File handle(ShareConnection by) throws IOException {
        if (!by.equals(connection)) {
            throw new IOException(path + " is open by another connection");
        }
        return file;
    }

    void checkOpen() throws IOException {
        if (over) {
            throw new IOException(path + " is closed");
        }
    }

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
        int part = connection.writeBytes();
        int parts = Math.toIntExact((length + part - 1) / part);
        var pending = new SmbFile.Pending(parts);
        for (int i = 0; i < parts; i++) {
            long at = (long) i * part;
            int bytes = (int) Math.min(part, length - at);
            store.submit(pending, () -> store.write(connection, this, offset + at, from, sourceOffset + at, bytes));
        }
        return pending.done();
    }

    @Override
    public void commit() throws IOException {
        try {
            file.flush();
            file.rename(SmbFileStore.windows(path), true);
            over = true;
            file.close();
        } catch (SMBRuntimeException e) {
            throw ShareConnection.failure(path, e);
        }
    }

    @Override
    public void close() {
        if (over) {
            return;
        }
        over = true;
        if (!file.getDiskShare().isConnected()) {
            return;
        }
        try {
            file.deleteOnClose();
        } catch (SMBRuntimeException e) {
            LOG.debug("{} is left behind", file.getPath(), e);
        } finally {
            file.closeSilently();
        }
    }
}
