package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.erref.NtStatus;

/**
 * Interfaces that clients look for and that have nothing here: they must answer, for a client whose call is never answered waits, and one that
 * cannot even bind may take the whole server for broken.
 */
final class Refusals {
    private Refusals() {}

    /** The accounts' database, [MS-SAMR]: not for clients. */
    static final class Samr implements RpcService {
        private static final Syntax SYNTAX = Syntax.of("12345778-1234-abcd-ef00-0123456789ac", 1);
        private static final int CONNECT = 0;
        private static final int CONNECT_2 = 57;
        private static final int CONNECT_4 = 62;
        private static final int CONNECT_5 = 64;

        @Override
        public Syntax syntax() {
            return SYNTAX;
        }

        @Override
        public Blob call(int operation, NdrReader in) {
            return switch (operation) {
                case CONNECT, CONNECT_2, CONNECT_4 ->
                    new NdrWriter()
                            .handle(Handles.NONE)
                            .u32(NtStatus.ACCESS_DENIED.value())
                            .toBlob();
                case CONNECT_5 -> // OutVersion, OutRevisionInfo
                    new NdrWriter()
                            .u32(1)
                            .u32(1)
                            .u32(3)
                            .u32(0)
                            .handle(Handles.NONE)
                            .u32(NtStatus.ACCESS_DENIED.value())
                            .toBlob();
                default -> Blob.EMPTY;
            };
        }
    }

    /** The registry, [MS-RRP]: there is none, so its root is empty. */
    static final class Winreg implements RpcService {
        private static final Syntax SYNTAX = Syntax.of("338cd001-2244-31f1-aaaa-900038001003", 1);
        private static final int OPEN_LOCAL_MACHINE = 2;
        private static final int CLOSE_KEY = 5;
        private static final int ENUM_KEY = 9;
        private static final int ENUM_VALUE = 10;

        private final Handles handles = new Handles();

        @Override
        public Syntax syntax() {
            return SYNTAX;
        }

        @Override
        public Blob call(int operation, NdrReader in) throws MalformedMessage, UnknownHandle {
            return switch (operation) {
                case OPEN_LOCAL_MACHINE -> handles.opened(Win32.ERROR_ACCESS_DENIED);
                case CLOSE_KEY -> handles.closed(in);
                case ENUM_KEY -> { // lpNameOut, lplpClassOut, lpftLastWriteTime
                    handles.check(in.handle());
                    yield new NdrWriter()
                            .u16(0)
                            .u16(0)
                            .none()
                            .none()
                            .none()
                            .u32(Win32.ERROR_NO_MORE_ITEMS)
                            .toBlob();
                }
                case ENUM_VALUE -> { // lpValueNameOut, lpType, lpData, lpcbData, lpcbLen
                    handles.check(in.handle());
                    yield new NdrWriter()
                            .u16(0)
                            .u16(0)
                            .none()
                            .none()
                            .none()
                            .none()
                            .none()
                            .u32(Win32.ERROR_NO_MORE_ITEMS)
                            .toBlob();
                }
                default -> Blob.EMPTY;
            };
        }
    }

    /**
     * Spotlight, which Macs ask for at every share: not to be searched. As Samba's own server does where it is off, an open gives no path
     * and no handle, and everything else is answered with nothing.
     */
    static final class Mdssvc implements RpcService {
        private static final Syntax SYNTAX = Syntax.of("885d85fb-c754-4062-a0e7-6872ce0064f4", 2);
        private static final int OPEN = 0;
        private static final int UNKNOWN_1 = 1;
        private static final int COMMAND = 2;
        private static final int CLOSE = 3;
        private static final int LONGEST_PATH = 1025;

        @Override
        public Syntax syntax() {
            return SYNTAX;
        }

        @Override
        public Blob call(int operation, NdrReader in) throws MalformedMessage {
            return switch (operation) {
                case OPEN -> // device, two numbers that go back as they came, the share's path
                    new NdrWriter()
                            .u32(in.u32())
                            .u32(in.u32())
                            .u32(in.u32())
                            .emptyByteString(LONGEST_PATH)
                            .handle(Handles.NONE)
                            .toBlob();
                case UNKNOWN_1 -> new NdrWriter().u32(0).u32(0).u32(0).toBlob(); // status, flags
                case COMMAND -> // fragment, a blob of nothing
                    new NdrWriter().u32(0).u32(0).u32(0).none().u32(0).toBlob();
                case CLOSE -> new NdrWriter().handle(Handles.NONE).u32(0).toBlob();
                default -> Blob.EMPTY;
            };
        }
    }
}
