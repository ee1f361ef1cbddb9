package dev.penstock.inference.serving.template;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What template values are and how Python would see them: strings, longs, doubles, booleans, lists, maps, functions and nothing. */
final class Values {
    private Values() {}

    /** The two kinds of nothing. */
    enum Nothing {
        NONE,
        UNDEFINED
    }

    /** Something that can be called. */
    interface Function {
        Object call(List<Object> arguments, Map<String, Object> named) throws TemplateException;
    }

    /** What {@code namespace()} makes: the one thing whose attributes can be set. */
    static final class Namespace extends LinkedHashMap<String, Object> {
        private static final long serialVersionUID = 1L;

        Namespace(Map<String, Object> initial) {
            super(initial);
        }
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Nothing _ -> false;
            case Boolean b -> b;
            case Long l -> l != 0;
            case Double d -> d != 0;
            case String s -> !s.isEmpty();
            case Collection<?> c -> !c.isEmpty();
            case Map<?, ?> m -> m instanceof Namespace || !m.isEmpty();
            default -> true;
        };
    }

    static boolean equal(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return x.doubleValue() == y.doubleValue();
        }
        return a.equals(b);
    }

    static int compare(Object a, Object b) throws TemplateException {
        if (a instanceof Number x && b instanceof Number y) {
            return Double.compare(x.doubleValue(), y.doubleValue());
        }
        if (a instanceof String x && b instanceof String y) {
            return x.compareTo(y);
        }
        throw new TemplateException("cannot compare " + type(a) + " with " + type(b));
    }

    static boolean contains(Object container, Object item) throws TemplateException {
        return switch (container) {
            case String s -> item instanceof String part && s.contains(part);
            case Collection<?> c -> c.stream().anyMatch(i -> equal(i, item));
            case Map<?, ?> m -> m.containsKey(item);
            case Nothing _ -> false;
            default -> throw new TemplateException(type(container) + " contains nothing");
        };
    }

    /** As output and {@code string} write it. */
    static String string(Object value) {
        return switch (value) {
            case Nothing nothing -> nothing == Nothing.NONE ? "None" : "";
            case Boolean b -> b ? "True" : "False";
            case String s -> s;
            case Collection<?> _, Map<?, ?> _ -> {
                var out = new StringBuilder();
                json(value, out, new Style("'", "True", "False", "None", -1), 0);
                yield out.toString();
            }
            default -> value.toString();
        };
    }

    /**
     * As {@code tojson} writes it: Python's separators, keys in their order, nothing escaped that need not be.
     *
     * @param indent spaces per level, or -1 for one line
     */
    static String json(Object value, int indent) {
        var out = new StringBuilder();
        json(value, out, new Style("\"", "true", "false", "null", indent), 0);
        return out.toString();
    }

    private record Style(String quote, String yes, String no, String nothing, int indent) {}

    private static void json(Object value, StringBuilder out, Style style, int level) {
        switch (value) {
            case Nothing _ -> out.append(style.nothing);
            case Boolean b -> out.append(b ? style.yes : style.no);
            case String s -> quote(s, out, style.quote);
            case Collection<?> c -> {
                out.append('[');
                String separator = "";
                for (Object item : c) {
                    out.append(separator);
                    newLine(out, style, level + 1);
                    json(item, out, style, level + 1);
                    separator = style.indent < 0 ? ", " : ",";
                }
                close(out, style, level, c.isEmpty(), ']');
            }
            case Map<?, ?> m -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> entry : m.entrySet()) {
                    out.append(separator);
                    newLine(out, style, level + 1);
                    quote(String.valueOf(entry.getKey()), out, style.quote);
                    out.append(": ");
                    json(entry.getValue(), out, style, level + 1);
                    separator = style.indent < 0 ? ", " : ",";
                }
                close(out, style, level, m.isEmpty(), '}');
            }
            default -> out.append(value);
        }
    }

    private static void close(StringBuilder out, Style style, int level, boolean empty, char bracket) {
        if (!empty) {
            newLine(out, style, level);
        }
        out.append(bracket);
    }

    private static void newLine(StringBuilder out, Style style, int level) {
        if (style.indent >= 0) {
            out.append('\n').repeat(' ', style.indent * level);
        }
    }

    private static void quote(String text, StringBuilder out, String quote) {
        out.append(quote);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (quote.charAt(0) == c) {
                        out.append('\\').append(c);
                    } else if (c < 0x20) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append(quote);
    }

    /** A name for messages. */
    static String type(Object value) {
        return switch (value) {
            case Nothing nothing -> nothing == Nothing.NONE ? "none" : "something undefined";
            case String _ -> "a string";
            case Number _ -> "a number";
            case Boolean _ -> "a boolean";
            case Collection<?> _ -> "a list";
            case Map<?, ?> _ -> "a dictionary";
            default -> "a function";
        };
    }

    static List<Object> items(Object value) throws TemplateException {
        return switch (value) {
            case Collection<?> c -> List.copyOf(c);
            case Map<?, ?> m -> List.copyOf(m.keySet());
            case String s ->
                s.codePoints()
                        .mapToObj(Character::toString)
                        .map(Object.class::cast)
                        .toList();
            case Nothing nothing when nothing == Nothing.UNDEFINED -> List.of();
            default -> throw new TemplateException("cannot go through " + type(value));
        };
    }

    static long integer(Object value) throws TemplateException {
        return switch (value) {
            case Long l -> l;
            case Double d -> d.longValue();
            case Boolean b -> b ? 1 : 0;
            case String s -> {
                try {
                    yield Long.parseLong(s.strip());
                } catch (NumberFormatException e) {
                    throw new TemplateException("not a number: " + s);
                }
            }
            default -> throw new TemplateException(type(value) + " is no number");
        };
    }
}
