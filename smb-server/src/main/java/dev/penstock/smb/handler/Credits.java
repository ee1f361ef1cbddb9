package dev.penstock.smb.handler;

import dev.penstock.smb.wire.smb2.Header;

/** What a request has to pay. [MS-SMB2] 3.3.5.2.5. */
final class Credits {
    private static final int UNIT = 64 << 10;

    private Credits() {}

    /** True where the request's CreditCharge pays for the larger of what it sends and what it asks for. */
    static boolean cover(Header header, long bytes) {
        long due = bytes <= 0 ? 1 : (bytes - 1) / UNIT + 1;
        return Math.max(1, header.creditCharge()) >= due;
    }
}
