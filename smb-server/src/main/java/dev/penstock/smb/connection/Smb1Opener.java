package dev.penstock.smb.connection;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The one SMB1 message that is understood: a NEGOTIATE that offers SMB2 among its dialects. [MS-SMB] 2.2.4.5.1. Stateless. */
final class Smb1Opener {
    /** First four bytes, 0xFF 'S' 'M' 'B'. */
    static final int PROTOCOL_ID = 0x424D53FF;

    private static final int COMMAND = 4;
    private static final int NEGOTIATE = 0x72;
    private static final int DIALECTS = 32 + 3; // the header, WordCount, ByteCount

    /** The dialect that stands for "any SMB2". */
    private static final String WILDCARD = "SMB 2.???";

    private Smb1Opener() {}

    static boolean offersSmb2(ByteBuffer message) {
        if (message.limit() <= DIALECTS || (message.get(COMMAND) & 0xff) != NEGOTIATE) {
            return false;
        }
        var text = new byte[message.limit() - DIALECTS];
        message.get(DIALECTS, text);
        return new String(text, StandardCharsets.ISO_8859_1).contains('\2' + WILDCARD + '\0');
    }
}
