package dev.penstock.cache.store.smb;

import com.hierynomus.mserref.NtStatus;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.SMB2Packet;
import com.hierynomus.mssmb2.SMBApiException;
import com.hierynomus.mssmb2.messages.SMB2IoctlRequest;
import com.hierynomus.mssmb2.messages.SMB2IoctlResponse;
import com.hierynomus.smbj.common.SMBRuntimeException;
import com.hierynomus.smbj.io.ArrayByteChunkProvider;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Requests to a share that smbj has no method for, and what their answers mean to callers that know files. A request has an answer, or ends in
 * an {@link IOException} that names the path; none waits for longer than {@link #ANSWER_SECONDS}. Thread-safe; each request blocks its caller.
 */
final class TreeExchange {
    /** What a request may take before the server counts as lost: a disk that has to wake up needs ten seconds. */
    static final long ANSWER_SECONDS = 60;

    private final Sender sender;
    private final SMB2Dialect dialect;
    private final long sessionId;
    private final long treeId;

    /** Where requests go. */
    interface Sender {
        Future<SMB2Packet> send(SMB2Packet request) throws IOException;
    }

    TreeExchange(Sender sender, SMB2Dialect dialect, long sessionId, long treeId) {
        this.sender = sender;
        this.dialect = dialect;
        this.sessionId = sessionId;
        this.treeId = treeId;
    }

    SMB2Dialect dialect() {
        return dialect;
    }

    long sessionId() {
        return sessionId;
    }

    long treeId() {
        return treeId;
    }

    /** An open file of the share, for requests. */
    RemoteFile file(SMB2FileId id) {
        return new RemoteFile(dialect, sessionId, treeId, id);
    }

    /** The answer of a server that has done what was asked. */
    <T extends SMB2Packet> T done(String path, SMB2Packet request, Class<T> type) throws IOException {
        T response = answer(path, request, type);
        long status = response.getHeader().getStatusCode();
        if (status == NtStatus.STATUS_END_OF_FILE.getValue()) {
            throw new EOFException(path + " became shorter while it was read");
        }
        if (status == NtStatus.STATUS_INSUFFICIENT_RESOURCES.getValue()) {
            throw new ServerBusyException(path + ": the server has no memory for more requests");
        }
        if (!NtStatus.isSuccess(status)) {
            throw new IOException(path + ": " + NtStatus.valueOf(status));
        }
        return response;
    }

    /** The answer, a refusal, too. */
    <T extends SMB2Packet> T answer(String path, SMB2Packet request, Class<T> type) throws IOException {
        try {
            return type.cast(sender.send(request).get(ANSWER_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            throw new IOException(path + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IOException(path + ": no answer in " + ANSWER_SECONDS + " seconds", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(path + ": the store is closed");
        } catch (SMBRuntimeException e) {
            throw failure(path, e);
        }
    }

    /**
     * What a control code without input answers; null where the server refuses it, as each does that does not know the code, with a status of
     * its own.
     *
     * @param most bytes of the answer
     */
    byte @Nullable [] control(long code, SMB2FileId file, int most) throws IOException {
        var nothing = new ArrayByteChunkProvider(new byte[0], 0);
        var request = new SMB2IoctlRequest(dialect, sessionId, treeId, code, file, nothing, true, most);
        SMB2IoctlResponse response = answer("share", request, SMB2IoctlResponse.class);
        return response.getHeader().getStatusCode() == 0 ? response.getOutputBuffer() : null;
    }

    /** What smbj throws, for callers that know files. */
    static IOException failure(String path, SMBRuntimeException e) {
        if (e instanceof SMBApiException api) {
            var status = api.getStatus();
            if (status == NtStatus.STATUS_OBJECT_NAME_NOT_FOUND || status == NtStatus.STATUS_OBJECT_PATH_NOT_FOUND) {
                return new NoSuchFileException(path);
            }
            return new IOException(path + ": " + status, e);
        }
        return new IOException(path + ": " + e.getMessage(), e);
    }
}
