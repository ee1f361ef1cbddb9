package dev.penstock.smb.command;

/** What has to be done later, if nothing comes in between. Injected, so that tests let time pass by hand. Thread-safe. */
public interface Alarms {
    /** Never goes off: where nothing is ever waited for. */
    Alarms NEVER = (_, _) -> () -> {};

    /** An alarm that was set. */
    interface Alarm {
        /** It need not go off any more; it may be doing so just now. */
        void cancel();
    }

    /** Runs a task after so many milliseconds, on a thread that may block. */
    Alarm after(long millis, Runnable task);
}
