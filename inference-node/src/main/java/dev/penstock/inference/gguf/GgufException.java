package dev.penstock.inference.gguf;

/** A file is not a GGUF file that this reader accepts; the message says what is wrong with it. Carries no stack. */
public final class GgufException extends Exception {
    private static final long serialVersionUID = 1L;

    /** An exception without a stack: the file is at fault, not the code that read it. */
    public GgufException(String message) {
        super(message, null, false, false);
    }
}
