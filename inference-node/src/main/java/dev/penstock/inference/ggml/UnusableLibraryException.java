package dev.penstock.inference.ggml;

/** A library cannot be used; the message says why. Carries no stack. */
final class UnusableLibraryException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableLibraryException(String reason) {
        super(reason, null, false, false);
    }
}
