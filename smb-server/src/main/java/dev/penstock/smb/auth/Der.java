package dev.penstock.smb.auth;

import dev.penstock.smb.wire.MalformedMessage;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** As much of DER as SPNEGO needs: definite lengths, one-byte tags, no recursion. */
final class Der {
    static final int OCTET_STRING = 0x04;
    static final int OID = 0x06;
    static final int ENUMERATED = 0x0A;
    static final int GENERAL_STRING = 0x1B;
    static final int SEQUENCE = 0x30;
    static final int APPLICATION_0 = 0x60;
    static final int CONTEXT_0 = 0xA0;

    private final byte[] bytes;
    private final int end;
    private int position;

    Der(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private Der(byte[] bytes, int position, int end) {
        this.bytes = bytes;
        this.position = position;
        this.end = end;
    }

    boolean hasMore() {
        return position < end;
    }

    /** The next tag, without reading it; -1 at the end. */
    int peek() {
        return position < end ? bytes[position] & 0xff : -1;
    }

    /** Reads an element of that tag; the answer reads its content. */
    Der enter(int tag) throws MalformedMessage {
        if (peek() != tag) {
            throw new MalformedMessage("DER: another tag expected");
        }
        position++;
        int length = length();
        var content = new Der(bytes, position, position + length);
        position += length;
        return content;
    }

    /** Skips one element, whatever it is. */
    void skip() throws MalformedMessage {
        enter(peek());
    }

    /** The rest of the content. */
    byte[] rest() {
        return Arrays.copyOfRange(bytes, position, end);
    }

    private int length() throws MalformedMessage {
        int first = octet();
        if (first < 0x80) {
            return inside(first);
        }
        int count = first & 0x7f;
        if (count == 0 || count > 3) { // 16 MiB is more than any token
            throw new MalformedMessage("DER: length of " + count + " octets");
        }
        int length = 0;
        for (int i = 0; i < count; i++) {
            length = length << 8 | octet();
        }
        return inside(length);
    }

    private int inside(int length) throws MalformedMessage {
        if (length > end - position) {
            throw new MalformedMessage("DER: content cut off");
        }
        return length;
    }

    private int octet() throws MalformedMessage {
        if (position >= end) {
            throw new MalformedMessage("DER: cut off");
        }
        return bytes[position++] & 0xff;
    }

    /** An element of that tag around the parts. */
    static byte[] element(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        var out = new ByteArrayOutputStream(length + 6);
        out.write(tag);
        if (length < 0x80) {
            out.write(length);
        } else if (length < 0x100) {
            out.write(0x81);
            out.write(length);
        } else {
            out.write(0x82);
            out.write(length >> 8);
            out.write(length);
        }
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
