package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import java.util.List;

/** What every RPC server tells of itself. C706 appendix Q. */
final class Management implements RpcService {
    private static final Syntax SYNTAX = Syntax.of("afa8bd80-7d8a-11c9-bef4-08002b102989", 1);

    private static final int INQ_IF_IDS = 0;
    private static final int INQ_STATS = 1;
    private static final int IS_SERVER_LISTENING = 2;
    private static final int STOP_SERVER_LISTENING = 3;
    private static final int INQ_PRINC_NAME = 4;

    /** Calls in and out, packets in and out. */
    private static final int STATISTICS = 4;

    private final RpcService beside;

    /** Of a pipe that has one interface beside this. */
    Management(RpcService beside) {
        this.beside = beside;
    }

    @Override
    public Syntax syntax() {
        return SYNTAX;
    }

    @Override
    public Blob call(int operation, NdrReader in) throws MalformedMessage {
        return switch (operation) {
            case INQ_IF_IDS -> interfaces();
            case INQ_STATS -> {
                int count = Math.clamp(Integer.toUnsignedLong(in.u32()), 0, STATISTICS);
                var out = new NdrWriter().u32(count).u32(count);
                for (int i = 0; i < count; i++) {
                    out.u32(0); // not counted
                }
                yield out.u32(Win32.SUCCESS).toBlob();
            }
            case IS_SERVER_LISTENING ->
                new NdrWriter().u32(Win32.SUCCESS).u32(1).toBlob();
            case STOP_SERVER_LISTENING ->
                new NdrWriter().u32(Win32.ERROR_ACCESS_DENIED).toBlob();
            case INQ_PRINC_NAME -> {
                in.u32();
                int room = in.u32();
                WireReader.require(room > 0, "princ_name_size");
                yield new NdrWriter()
                        .emptyByteString(room)
                        .u32(Win32.RPC_S_UNKNOWN_AUTHN_SERVICE)
                        .toBlob();
            }
            default -> Blob.EMPTY;
        };
    }

    private Blob interfaces() {
        var services = List.of(beside, this);
        var out = new NdrWriter().pointer().u32(services.size()).u32(services.size());
        services.forEach(service -> out.pointer());
        services.forEach(
                service -> out.guid(service.syntax().id()).u32(service.syntax().version()));
        return out.u32(Win32.SUCCESS).toBlob();
    }
}
