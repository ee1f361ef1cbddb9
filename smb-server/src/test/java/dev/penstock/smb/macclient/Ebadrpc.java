package dev.penstock.smb.macclient;

/** What makes Apple's client give an answer up, and often the mount with it: it found something that it does not know. */
final class Ebadrpc extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Ebadrpc(String what) {
        super(what);
    }

    static void unless(boolean condition, String what) {
        if (!condition) {
            throw new Ebadrpc(what);
        }
    }
}
