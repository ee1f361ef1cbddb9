package dev.penstock.inference.serving.token;

import java.util.Arrays;

/** A text as a chain of pieces, at first its characters, whose neighbours can be joined. Belongs to one call. */
final class Chain {
    private final String text;
    private final int[] start;
    private final int[] length;
    private final int[] before;
    private final int[] after;
    private final int count;

    /** {@code text} is not empty. */
    Chain(String text) {
        this.text = text;
        int n = text.codePointCount(0, text.length());
        start = new int[n];
        length = new int[n];
        before = new int[n];
        after = new int[n];
        count = n;
        int at = 0;
        for (int i = 0; i < n; i++) {
            start[i] = at;
            length[i] = Character.charCount(text.codePointAt(at));
            before[i] = i - 1;
            after[i] = i + 1 < n ? i + 1 : -1;
            at += length[i];
        }
    }

    int count() {
        return count;
    }

    /** UTF-16 units of a piece; 0 where it has been joined to the one before it. */
    int length(int piece) {
        return length[piece];
    }

    String text(int piece) {
        return text.substring(start[piece], start[piece] + length[piece]);
    }

    /** The piece before, or -1. */
    int before(int piece) {
        return before[piece];
    }

    /** The piece after, or -1. */
    int after(int piece) {
        return after[piece];
    }

    /** Makes {@code right}, which follows {@code left}, a part of it. */
    void join(int left, int right) {
        length[left] += length[right];
        length[right] = 0;
        after[left] = after[right];
        if (after[right] >= 0) {
            before[after[right]] = left;
        }
    }

    @Override
    public String toString() {
        return text + Arrays.toString(length);
    }
}
