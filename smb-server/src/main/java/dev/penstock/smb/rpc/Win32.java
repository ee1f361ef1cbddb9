package dev.penstock.smb.rpc;

/** Results of calls. [MS-ERREF] 2.2 and 2.3. */
final class Win32 {
    static final int SUCCESS = 0;
    static final int ERROR_ACCESS_DENIED = 5;
    static final int ERROR_INVALID_PARAMETER = 87;
    static final int ERROR_INVALID_NAME = 123;
    static final int ERROR_INVALID_LEVEL = 124;
    static final int ERROR_NO_MORE_ITEMS = 259;
    static final int RPC_S_UNKNOWN_AUTHN_SERVICE = 1747;
    static final int NERR_NET_NAME_NOT_FOUND = 2310;
    static final int NERR_DEVICE_NOT_SHARED = 2311;

    private Win32() {}
}
