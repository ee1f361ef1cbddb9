package dev.penstock.smb.volume.host;

import java.nio.charset.StandardCharsets;

/**
 * What the operating system calls a watched folder, whatever its name.
 *
 * @param bytes one character for each byte
 */
public record FolderId(String bytes) {
    /** Of bytes that only the operating system understands. */
    public static FolderId of(byte[] bytes) {
        return new FolderId(new String(bytes, StandardCharsets.ISO_8859_1));
    }
}
