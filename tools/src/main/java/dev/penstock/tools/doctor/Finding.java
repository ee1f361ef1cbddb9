package dev.penstock.tools.doctor;

/**
 * What a check found.
 *
 * @param subject what was looked at
 * @param detail what is so, or why it could not be found out
 * @param remedy the command or the step that mends it; empty where there is nothing to mend
 */
public record Finding(Verdict verdict, String subject, String detail, String remedy) {
    /** How it is. */
    public enum Verdict {
        /** As it should be. */
        GOOD,
        /** RDMA does not work like this. */
        WRONG,
        /** It works, but not as well as it could, or only until something happens. */
        DOUBTFUL,
        /** Could not be found out. */
        NOT_CHECKED
    }

    static Finding good(String subject, String detail) {
        return new Finding(Verdict.GOOD, subject, detail, "");
    }

    static Finding wrong(String subject, String detail, String remedy) {
        return new Finding(Verdict.WRONG, subject, detail, remedy);
    }

    static Finding doubtful(String subject, String detail, String remedy) {
        return new Finding(Verdict.DOUBTFUL, subject, detail, remedy);
    }

    static Finding notChecked(String subject, String why) {
        return new Finding(Verdict.NOT_CHECKED, subject, why, "");
    }
}
