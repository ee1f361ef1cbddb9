package dev.penstock.smb.command;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.Smb2Response;
import org.jspecify.annotations.Nullable;

/** What became of a request. */
public sealed interface Outcome {
    /** An outcome that ends its request. */
    sealed interface Final extends Outcome {}

    /** Success, or a warning that comes with a body of its own, such as {@link NtStatus#BUFFER_OVERFLOW}. */
    record Done(
            NtStatus status,
            Smb2Response response,
            @Nullable Payload payload) implements Final {}

    /**
     * A CREATE that opened something. The dispatcher gives the open its id and writes that into the response; if the session has ended
     * meanwhile, it abandons the open.
     */
    record Opened(Open open, Create.Response response) implements Final {}

    /**
     * An error.
     *
     * @param data the error data of 2.2.2, mostly empty; the reply path wraps it into an error context for 3.1.1
     */
    record Failed(NtStatus status, Blob data) implements Final {}

    /** The request goes asynchronous: the client gets an interim STATUS_PENDING now, and the final answer when the promise is kept. */
    record Pending(Deferred deferred) implements Outcome {}

    /** Success with a body only. */
    static Done done(Smb2Response response) {
        return new Done(NtStatus.SUCCESS, response, null);
    }

    /** Success with a body and a payload. */
    static Done done(Smb2Response response, Payload payload) {
        return new Done(NtStatus.SUCCESS, response, payload);
    }

    /** An error without data. */
    static Failed failed(NtStatus status) {
        return new Failed(status, Blob.EMPTY);
    }
}
