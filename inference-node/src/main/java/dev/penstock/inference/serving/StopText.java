package dev.penstock.inference.serving;

import java.util.List;

/** Watches a text that comes in pieces for stop strings, and holds back what may be the beginning of one. Belongs to one generation. */
final class StopText {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    StopText(List<String> stops) {
        this.stops = stops;
    }

    /** Adds a piece; answers with what may be shown. Nothing more may be added once {@link #stopped}. */
    String add(String piece) {
        held.append(piece);
        int stop = -1;
        for (String text : stops) {
            int at = held.indexOf(text);
            stop = at >= 0 && (stop < 0 || at < stop) ? at : stop;
        }
        if (stop >= 0) {
            stopped = true;
            String before = held.substring(0, stop);
            held.setLength(0);
            return before;
        }
        int keep = 0;
        for (String text : stops) {
            for (int length = Math.min(text.length() - 1, held.length()); length > keep; length--) {
                if (text.startsWith(held.substring(held.length() - length))) {
                    keep = length;
                }
            }
        }
        String shown = held.substring(0, held.length() - keep);
        held.delete(0, shown.length());
        return shown;
    }

    /** What is left when nothing more comes. */
    String finish() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    /** Whether a stop string has come. */
    boolean stopped() {
        return stopped;
    }
}
