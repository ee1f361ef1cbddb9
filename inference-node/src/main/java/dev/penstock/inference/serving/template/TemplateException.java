package dev.penstock.inference.serving.template;

/** A template is wrong, uses what is not understood, or refuses its input by {@code raise_exception}. Carries no stack. */
public final class TemplateException extends Exception {
    private static final long serialVersionUID = 1L;

    /** With a message for people. */
    public TemplateException(String message) {
        super(message, null, false, false);
    }
}
