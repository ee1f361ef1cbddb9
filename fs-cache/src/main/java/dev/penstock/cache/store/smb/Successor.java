package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.messages.SMB2SessionSetup;
import com.hierynomus.protocol.commons.buffer.Buffer;
import com.hierynomus.protocol.transport.PacketHandlers;
import com.hierynomus.protocol.transport.PacketSerializer;
import com.hierynomus.smb.SMBBuffer;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Has a new session follow one that was lost: its SESSION_SETUP names that, and the server ends it with all that it has open ([MS-SMB2] 2.2.5,
 * 3.3.5.5.3). smbj takes the field for that of a binding, and sets that flag; so it is put into the bytes, before they are hashed.
 */
final class Successor {
    /** From the start of the message: the header of 64 bytes, and the body's 16 before it. */
    private static final int PREVIOUS_SESSION_ID = 64 + 16;

    private Successor() {}

    static PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> over(
            PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> handlers, long previousSession) {
        if (previousSession == 0) {
            return handlers;
        }
        PacketSerializer<SMBPacket<?, ?>, ?> serializer = handlers.getSerializer();
        PacketSerializer<SMBPacket<?, ?>, SMBBuffer> naming = packet -> {
            Buffer<?> message = serializer.write(packet);
            if (packet instanceof SMB2SessionSetup) {
                ByteBuffer.wrap(message.array())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(message.rpos() + PREVIOUS_SESSION_ID, previousSession);
            }
            return (SMBBuffer) message;
        };
        return new PacketHandlers<>(naming, handlers.getReceiver(), handlers.getPacketFactory());
    }
}
