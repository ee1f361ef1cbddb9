package dev.penstock.inference.gguf;

import java.util.List;

/** A metadata value. */
public sealed interface GgufValue {
    /** Any of the integer types; unsigned 64-bit values above 2^63 - 1 are refused by the reader. */
    record Whole(long value) implements GgufValue {}

    /** A 32-bit or 64-bit floating-point number. */
    record Real(double value) implements GgufValue {}

    /** A boolean. */
    record Flag(boolean value) implements GgufValue {}

    /** A string. */
    record Text(String value) implements GgufValue {}

    /** An array; all its elements are of one type. */
    record Sequence(List<GgufValue> values) implements GgufValue {
        /** Copies the list. */
        public Sequence {
            values = List.copyOf(values);
        }
    }
}
