package dev.penstock.cache.store.smb;

import com.hierynomus.mserref.NtStatus;
import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;
import com.hierynomus.mssmb2.SMB2Packet;
import com.hierynomus.mssmb2.messages.SMB2IoctlResponse;
import com.hierynomus.mssmb2.messages.SMB2ReadResponse;
import com.hierynomus.mssmb2.messages.SMB2WriteResponse;
import com.hierynomus.smb.SMBBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A server that has one answer. What it was sent is kept as it goes over the wire. */
final class ScriptedServer implements TreeExchange.Sender {
    static final SMB2FileId FILE = new SMB2FileId(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, new byte[8]);

    /** Of 64 KiB each. */
    private static final int CREDITS = 4;

    final List<SMBBuffer> received = new ArrayList<>();
    Runnable onReceived = () -> {};
    Future<SMB2Packet> answer = new CompletableFuture<>();

    TreeExchange exchange(SMB2Dialect dialect) {
        return new TreeExchange(this, dialect, 11, 22);
    }

    @Override
    public Future<SMB2Packet> send(SMB2Packet request) {
        var wire = new SMBBuffer();
        request.setCreditsAssigned(CREDITS);
        request.write(wire);
        received.add(wire);
        onReceived.run();
        return answer;
    }

    void answers(SMB2Packet packet, NtStatus status) {
        packet.getHeader().setStatusCode(status.getValue());
        packet.getHeader().setMessageId(7);
        answer = CompletableFuture.completedFuture(packet);
    }

    void answers(SMB2Packet packet) {
        answers(packet, NtStatus.STATUS_SUCCESS);
    }

    /** READ's answer with data in the message. */
    static SMB2Packet read(int... values) {
        byte[] data = bytes(values);
        return new SMB2ReadResponse() {
            @Override
            public byte[] getData() {
                return data;
            }

            @Override
            public int getDataLength() {
                return data.length;
            }
        };
    }

    /** WRITE's answer. */
    static SMB2Packet written(int bytes) {
        return new SMB2WriteResponse() {
            @Override
            public int getBytesWritten() {
                return bytes;
            }
        };
    }

    /** IOCTL's answer. */
    static SMB2Packet output(int... values) {
        byte[] output = bytes(values);
        return new SMB2IoctlResponse() {
            @Override
            public byte[] getOutputBuffer() {
                return output;
            }
        };
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
