package dev.penstock.cache.store.smb;

import com.hierynomus.msdtyp.AccessMask;
import com.hierynomus.mserref.NtStatus;
import com.hierynomus.msfscc.FileAttributes;
import com.hierynomus.mssmb2.SMB2CreateDisposition;
import com.hierynomus.mssmb2.SMB2CreateOptions;
import com.hierynomus.mssmb2.SMB2ShareAccess;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.share.File;
import java.io.IOException;
import java.util.EnumSet;
import java.util.UUID;

/**
 * A file that is written to be measured, by one connection, and that nobody else can open. It goes with its only handle: when this is closed, when
 * the connection is lost, or when the process is killed, since the server then closes it (FILE_DELETE_ON_CLOSE, [MS-SMB2] 2.2.13).
 */
final class ScratchFile implements OpenFile, AutoCloseable {
    /** STATUS_MEDIA_WRITE_PROTECTED of [MS-ERREF] 2.3.1, which smbj does not know. */
    private static final long MEDIA_WRITE_PROTECTED = 0xC000_00A2L;

    private final Rail rail;
    private final ShareConnection connection;
    private final String path;
    private final File file;

    private ScratchFile(Rail rail, ShareConnection connection, String path, File file) {
        this.rail = rail;
        this.connection = connection;
        this.path = path;
        this.file = file;
    }

    /**
     * Makes one under a name that nobody has.
     *
     * @param folder that is there; empty for the root
     * @throws IOException where the share refuses, with words for the person who asked
     * @throws RailLostException where the way is lost
     */
    static ScratchFile make(Rail rail, ShareConnection connection, String folder) throws IOException {
        String path = (folder.isEmpty() ? "" : folder + "/") + ".penstock-" + UUID.randomUUID() + ".scratch";
        return new ScratchFile(rail, connection, path, rail.call(connection, by -> open(by, path)));
    }

    private static File open(ShareConnection by, String path) throws IOException {
        try {
            return by.share()
                    .openFile(
                            SmbFileStore.windows(path),
                            EnumSet.of(AccessMask.GENERIC_WRITE, AccessMask.DELETE),
                            EnumSet.of(FileAttributes.FILE_ATTRIBUTE_HIDDEN, FileAttributes.FILE_ATTRIBUTE_TEMPORARY),
                            EnumSet.noneOf(SMB2ShareAccess.class),
                            SMB2CreateDisposition.FILE_CREATE,
                            EnumSet.of(
                                    SMB2CreateOptions.FILE_NON_DIRECTORY_FILE, SMB2CreateOptions.FILE_DELETE_ON_CLOSE));
        } catch (SMBApiException e) {
            if (e.getStatusCode() == NtStatus.STATUS_ACCESS_DENIED.getValue()) {
                throw new IOException("the share does not let this user write there", e);
            }
            if (e.getStatusCode() == MEDIA_WRITE_PROTECTED) {
                throw new IOException("the share is read-only", e);
            }
            throw TreeExchange.failure(path, e);
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
        if (!by.equals(connection)) {
            throw new IOException(path + " belongs to another way");
        }
        return file;
    }

    /** Removes it. */
    @Override
    public void close() throws IOException {
        rail.call(connection, _ -> {
            try {
                file.close();
                return file;
            } catch (SMBRuntimeException e) {
                throw TreeExchange.failure(path, e);
            }
        });
    }
}
