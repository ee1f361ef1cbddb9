package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2FileId;
import java.io.IOException;

/** How the contents of files go between the server and our memory: the Channel of [MS-SMB2] 2.2.19. Thread-safe; each call blocks its caller. */
sealed interface DataChannel permits InlineChannel, PlacedChannel {
    /** READ; the answer is how many bytes are in place by what the server says, which the caller compares with what it asked for. */
    int read(String path, SMB2FileId file, long offset, SmbTarget target, long targetOffset, int length)
            throws IOException;

    /** A strided read of a server that gathers; the answer is how many bytes, whole runs, are in place. */
    int gather(String path, SMB2FileId file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException;

    /** WRITE; the answer is how many bytes the server says it has taken. */
    int write(String path, SMB2FileId file, long offset, SmbTarget source, long sourceOffset, int length)
            throws IOException;
}
