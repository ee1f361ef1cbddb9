package dev.penstock.cache.store.smb;

import com.hierynomus.protocol.transport.PacketHandlers;
import com.hierynomus.protocol.transport.PacketReceiver;
import com.hierynomus.smb.SMBPacket;
import com.hierynomus.smb.SMBPacketData;
import java.util.function.Consumer;

/** smbj's handlers, with somebody told first when the transport fails. */
final class Watched {
    private Watched() {}

    static PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> over(
            PacketHandlers<SMBPacketData<?>, SMBPacket<?, ?>> handlers, Consumer<Throwable> onError) {
        PacketReceiver<SMBPacketData<?>> receiver = handlers.getReceiver();
        PacketReceiver<SMBPacketData<?>> watching = new PacketReceiver<>() {
            @Override
            public void handle(SMBPacketData<?> packet) throws com.hierynomus.protocol.transport.TransportException {
                receiver.handle(packet);
            }

            @Override
            public void handleError(Throwable why) {
                onError.accept(why);
                receiver.handleError(why);
            }
        };
        return new PacketHandlers<>(handlers.getSerializer(), watching, handlers.getPacketFactory());
    }
}
