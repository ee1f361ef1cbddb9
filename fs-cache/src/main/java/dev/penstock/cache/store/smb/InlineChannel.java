package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.messages.SMB2IoctlResponse;
import com.hierynomus.mssmb2.messages.SMB2ReadRequest;
import com.hierynomus.mssmb2.messages.SMB2ReadResponse;
import com.hierynomus.mssmb2.messages.SMB2WriteRequest;
import com.hierynomus.mssmb2.messages.SMB2WriteResponse;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Data inside the messages: SMB2_CHANNEL_NONE. Of TCP, and of SMB Direct where the session is encrypted. What a server sends beyond what it was
 * asked for gets into nobody's memory.
 */
final class InlineChannel implements DataChannel {
    private final TreeExchange exchange;

    InlineChannel(TreeExchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public int read(String path, SMB2FileId file, long offset, SmbTarget target, long targetOffset, int length)
            throws IOException {
        var request =
                new SMB2ReadRequest(exchange.dialect(), file, exchange.sessionId(), exchange.treeId(), offset, length);
        byte[] data = exchange.done(path, request, SMB2ReadResponse.class).getData();
        if (data.length <= length) {
            MemorySegment.copy(data, 0, target.memory(), ValueLayout.JAVA_BYTE, targetOffset, data.length);
        }
        return data.length;
    }

    @Override
    public int gather(String path, SMB2FileId file, StridedReadRequest.Runs runs, SmbTarget target, long targetOffset)
            throws IOException {
        var request = new StridedReadRequest(exchange.file(file), runs, 0, null);
        byte[] data = exchange.done(path, request, SMB2IoctlResponse.class).getOutputBuffer();
        request.requireAll(path, data == null ? 0 : data.length);
        MemorySegment.copy(data, 0, target.memory(), ValueLayout.JAVA_BYTE, targetOffset, data.length);
        return data.length;
    }

    @Override
    public int write(String path, SMB2FileId file, long offset, SmbTarget source, long sourceOffset, int length)
            throws IOException {
        var data = new MemoryChunks(source.memory().asSlice(sourceOffset, length), offset);
        var request =
                new SMB2WriteRequest(exchange.dialect(), file, exchange.sessionId(), exchange.treeId(), data, length);
        return exchange.done(path, request, SMB2WriteResponse.class).getBytesWritten();
    }
}
