package dev.penstock.smb.wire;

/** A stretch of a message, checked against its bounds by {@link WireReader#span}. In bytes from the start of the SMB2 header. */
public record Span(int offset, int length) {
    /** No bytes. */
    public static final Span EMPTY = new Span(0, 0);
}
