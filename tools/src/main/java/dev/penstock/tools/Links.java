package dev.penstock.tools;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Links that were looked at. */
interface Links {
    /** Whether none is down. */
    boolean allUp();

    /** Tells a person of them, on standard output. */
    void print();

    /** Three digits of what cables are sold by. */
    static String speed(double bytesPerSecond) {
        return bytesPerSecond < 1e9
                ? String.format(Locale.ROOT, "%.1f MB/s", bytesPerSecond / 1e6)
                : String.format(Locale.ROOT, "%.2f GB/s", bytesPerSecond / 1e9);
    }

    /** One object per link, for other programs. */
    List<Map<String, Object>> objects();
}
