package dev.penstock.inference.serving;

/** A request that is answered with an error. Carries no stack. */
final class ApiException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;

    ApiException(int status, String type, String message) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
    }

    static ApiException invalid(String message) {
        return new ApiException(400, "invalid_request_error", message);
    }

    static ApiException unavailable(String message) {
        return new ApiException(503, "service_unavailable", message);
    }

    /** HTTP status. */
    int status() {
        return status;
    }

    /** OpenAI's name for the kind of error. */
    String type() {
        return type;
    }

    String text() {
        String message = getMessage();
        return message == null ? type : message;
    }
}
