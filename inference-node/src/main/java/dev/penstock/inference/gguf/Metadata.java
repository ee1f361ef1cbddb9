package dev.penstock.inference.gguf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The key-value part of a GGUF file, read with the type that the reader of a key expects. */
public final class Metadata {
    private final Map<String, GgufValue> values;

    Metadata(Map<String, GgufValue> values) {
        this.values = new LinkedHashMap<>(values);
    }

    /** All keys, in the order of the file. */
    public Set<String> keys() {
        return java.util.Collections.unmodifiableSet(values.keySet());
    }

    /** The value of a key as it is, or null. */
    public @Nullable GgufValue get(String key) {
        return values.get(key);
    }

    /** A string that must be there. */
    public String text(String key) throws GgufException {
        return switch (required(key)) {
            case GgufValue.Text(String text) -> text;
            case GgufValue other -> throw mistyped(key, "a string", other);
        };
    }

    /** A string, or {@code otherwise}. */
    public String text(String key, String otherwise) throws GgufException {
        return values.containsKey(key) ? text(key) : otherwise;
    }

    /** An integer between bounds, both inclusive, that must be there. */
    public int whole(String key, int least, int most) throws GgufException {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Whole(long number))) {
            throw mistyped(key, "an integer", value);
        }
        if (number < least || number > most) {
            throw new GgufException(key + " is " + number + ", not between " + least + " and " + most);
        }
        return (int) number;
    }

    /** An integer between bounds, or {@code otherwise}. */
    public int whole(String key, int least, int most, int otherwise) throws GgufException {
        return values.containsKey(key) ? whole(key, least, most) : otherwise;
    }

    /** A finite number, or {@code otherwise}. */
    public float real(String key, float otherwise) throws GgufException {
        GgufValue value = values.get(key);
        double number = switch (value) {
            case null -> otherwise;
            case GgufValue.Real(double real) -> real;
            case GgufValue.Whole(long whole) -> whole;
            default -> throw mistyped(key, "a number", value);
        };
        if (!Double.isFinite(number)) {
            throw new GgufException(key + " is " + number);
        }
        return (float) number;
    }

    /** A boolean, or {@code otherwise}. */
    public boolean flag(String key, boolean otherwise) throws GgufException {
        return switch (values.get(key)) {
            case null -> otherwise;
            case GgufValue.Flag(boolean flag) -> flag;
            case GgufValue other -> throw mistyped(key, "a boolean", other);
        };
    }

    /** An array of strings; empty where the key is absent. */
    public List<String> texts(String key) throws GgufException {
        var texts = new ArrayList<String>();
        for (GgufValue value : sequence(key)) {
            if (!(value instanceof GgufValue.Text(String text))) {
                throw mistyped(key, "an array of strings", value);
            }
            texts.add(text);
        }
        return List.copyOf(texts);
    }

    /** An array of numbers as floats; empty where the key is absent. */
    public float[] reals(String key) throws GgufException {
        List<GgufValue> sequence = sequence(key);
        var reals = new float[sequence.size()];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = switch (sequence.get(i)) {
                case GgufValue.Real(double real) -> (float) real;
                case GgufValue.Whole(long whole) -> whole;
                case GgufValue other -> throw mistyped(key, "an array of numbers", other);
            };
        }
        return reals;
    }

    /** An array of 32-bit integers; empty where the key is absent. */
    public int[] wholes(String key) throws GgufException {
        List<GgufValue> sequence = sequence(key);
        var wholes = new int[sequence.size()];
        for (int i = 0; i < wholes.length; i++) {
            if (!(sequence.get(i) instanceof GgufValue.Whole(long whole)) || whole != (int) whole) {
                throw mistyped(key, "an array of 32-bit integers", sequence.get(i));
            }
            wholes[i] = (int) whole;
        }
        return wholes;
    }

    private List<GgufValue> sequence(String key) throws GgufException {
        return switch (values.get(key)) {
            case null -> List.of();
            case GgufValue.Sequence(List<GgufValue> sequence) -> sequence;
            case GgufValue other -> throw mistyped(key, "an array", other);
        };
    }

    private GgufValue required(String key) throws GgufException {
        GgufValue value = values.get(key);
        if (value == null) {
            throw new GgufException("the file has no key " + key);
        }
        return value;
    }

    private static GgufException mistyped(String key, String wanted, GgufValue found) {
        return new GgufException(key + " is not " + wanted + " but a "
                + found.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT));
    }
}
