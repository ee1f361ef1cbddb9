package dev.penstock.smb.wire.fscc;

import java.util.BitSet;

/**
 * A search pattern as [MS-FSCC] 2.1.4.4 defines it: {@code *} and {@code ?}, and the three that old clients send for DOS's rules,
 * {@code <} (DOS_STAR), {@code >} (DOS_QM) and {@code "} (DOS_DOT). Matching costs pattern × name at most, whatever the pattern.
 */
public final class NamePattern {
    private final String pattern;
    private final boolean everything;
    private final boolean plain;

    /** Any text is a pattern; one without wildcards matches that name only. */
    public NamePattern(String pattern) {
        this.pattern = pattern;
        this.everything = pattern.equals("*");
        this.plain = pattern.chars().noneMatch(c -> "*?<>\"".indexOf(c) >= 0);
    }

    /** Whether the pattern is a name. */
    public boolean isPlain() {
        return plain;
    }

    /** The pattern as given. */
    public String text() {
        return pattern;
    }

    /** Whether a name matches, without regard to case. */
    public boolean matches(String name) {
        return everything || (plain ? pattern.equalsIgnoreCase(name) : simulate(name));
    }

    /** Walks the name with the set of all places in the pattern that may be reached, so that no pattern makes it backtrack. */
    private boolean simulate(String name) {
        int lastDot = name.lastIndexOf('.');
        var states = new BitSet(pattern.length() + 1);
        states.set(0);
        closure(states, name, 0);
        for (int i = 0; i < name.length() && !states.isEmpty(); i++) {
            var next = new BitSet(pattern.length() + 1);
            for (int s = states.nextSetBit(0); s >= 0 && s < pattern.length(); s = states.nextSetBit(s + 1)) {
                step(next, s, name, i, lastDot);
            }
            closure(next, name, i + 1);
            states = next;
        }
        return states.get(pattern.length());
    }

    /** Consumes the character at {@code i} from state {@code s}. */
    private void step(BitSet next, int s, String name, int i, int lastDot) {
        char c = name.charAt(i);
        switch (pattern.charAt(s)) {
            case '*' -> next.set(s);
            case '?' -> next.set(s + 1);
            case '<' -> {
                // Anything up to, not including, the last dot; after that dot nothing more.
                if (c != '.' || i != lastDot) {
                    next.set(s);
                }
            }
            case '>' -> {
                if (c != '.') {
                    next.set(s + 1);
                }
            }
            case '"' -> {
                if (c == '.') {
                    next.set(s + 1);
                }
            }
            default -> {
                if (Character.toUpperCase(c) == Character.toUpperCase(pattern.charAt(s))) {
                    next.set(s + 1);
                }
            }
        }
    }

    /** Adds the states that are reached without a character. */
    private void closure(BitSet states, String name, int i) {
        boolean end = i == name.length();
        for (int s = states.nextSetBit(0); s >= 0 && s < pattern.length(); s = states.nextSetBit(s + 1)) {
            boolean free = switch (pattern.charAt(s)) {
                case '*', '<' -> true;
                case '>' -> end || name.charAt(i) == '.';
                case '"' -> end;
                default -> false;
            };
            if (free) {
                states.set(s + 1);
            }
        }
    }
}
