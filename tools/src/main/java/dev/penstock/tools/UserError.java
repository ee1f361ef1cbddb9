package dev.penstock.tools;

/** A mistake on the command line or in what it names. The message is one line that says what to do. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UserError(String message) {
        super(message);
    }
}
