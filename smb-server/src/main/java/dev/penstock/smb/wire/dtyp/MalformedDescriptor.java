package dev.penstock.smb.wire.dtyp;

/** Bytes that are no security descriptor. */
public final class MalformedDescriptor extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedDescriptor(String what) {
        super(what, null, false, false);
    }
}
