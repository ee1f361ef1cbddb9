package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Values.Function;
import dev.penstock.inference.serving.template.Values.Namespace;
import dev.penstock.inference.serving.template.Values.Nothing;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Operators, subscripts, tests and global functions. */
final class Builtins {
    /** Items of a range or of a list that is repeated; templates count messages with it. */
    private static final int MAX_ITEMS = 100_000;

    private static final int MAX_TEXT = 16 << 20;

    private Builtins() {}

    static Map<String, Object> globals() {
        return Map.of(
                "namespace", (Function) (arguments, named) -> new Namespace(named),
                "dict", (Function) (arguments, named) -> named,
                "range", (Function) (arguments, named) -> range(arguments),
                "raise_exception",
                        (Function) (arguments, named) -> {
                            throw new TemplateException(
                                    arguments.isEmpty()
                                            ? "refused by the template"
                                            : Values.string(arguments.getFirst()));
                        },
                "strftime_now", (Function) (arguments, named) -> now(Values.string(arguments.getFirst())));
    }

    private static List<Object> range(List<Object> arguments) throws TemplateException {
        if (arguments.isEmpty()) {
            throw new TemplateException("range of nothing");
        }
        long first = arguments.size() > 1 ? Values.integer(arguments.getFirst()) : 0;
        long end = Values.integer(arguments.get(arguments.size() > 1 ? 1 : 0));
        long step = arguments.size() > 2 ? Values.integer(arguments.get(2)) : 1;
        if (step == 0 || (step > 0 ? end - first : first - end) / Math.abs(step) > MAX_ITEMS) {
            throw new TemplateException("a range that is too long");
        }
        var items = new ArrayList<Object>();
        for (long i = first; step > 0 ? i < end : i > end; i += step) {
            items.add(i);
        }
        return items;
    }

    /** The date in the letters of strftime that templates use. */
    private static String now(String format) {
        var text = new StringBuilder();
        LocalDateTime now = LocalDateTime.now(java.time.ZoneId.systemDefault());
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                text.append(c);
                continue;
            }
            char letter = format.charAt(++i);
            String pattern = switch (letter) {
                case 'd' -> "dd";
                case 'm' -> "MM";
                case 'Y' -> "yyyy";
                case 'y' -> "yy";
                case 'b' -> "MMM";
                case 'B' -> "MMMM";
                case 'H' -> "HH";
                case 'M' -> "mm";
                case 'S' -> "ss";
                case 'A' -> "EEEE";
                case 'a' -> "EEE";
                default -> "'" + letter + "'";
            };
            text.append(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now));
        }
        return text.toString();
    }

    static Object attribute(Object of, String name) throws TemplateException {
        if (of instanceof Map<?, ?> map) {
            Object value = map.get(name);
            return value == null ? Nothing.UNDEFINED : value;
        }
        if (of == Nothing.UNDEFINED) {
            throw new TemplateException(name + " of something undefined");
        }
        return Nothing.UNDEFINED;
    }

    static Object item(Object of, Object index) throws TemplateException {
        return switch (of) {
            case Map<?, ?> _ -> attribute(of, Values.string(index));
            case List<?> list -> {
                long at = Values.integer(index);
                long from = at < 0 ? at + list.size() : at;
                yield from < 0 || from >= list.size() ? Nothing.UNDEFINED : list.get((int) from);
            }
            case String text -> {
                long at = Values.integer(index);
                long from = at < 0 ? at + text.length() : at;
                yield from < 0 || from >= text.length() ? Nothing.UNDEFINED : String.valueOf(text.charAt((int) from));
            }
            default -> throw new TemplateException("an item of " + Values.type(of));
        };
    }

    /** Python's slices, whose bounds are moved into range. */
    static Object slice(Object of, Object from, Object to, long step) throws TemplateException {
        List<Object> items = Values.items(of);
        int size = items.size();
        if (step == 0) {
            throw new TemplateException("a slice with a step of zero");
        }
        long first = from == Nothing.NONE ? (step > 0 ? 0 : size - 1L) : bound(Values.integer(from), size, step);
        long end = to == Nothing.NONE ? (step > 0 ? size : -1L) : bound(Values.integer(to), size, step);
        var sliced = new ArrayList<Object>();
        for (long i = first; step > 0 ? i < end : i > end; i += step) {
            sliced.add(items.get((int) i));
        }
        if (of instanceof String) {
            var text = new StringBuilder();
            sliced.forEach(text::append);
            return text.toString();
        }
        return sliced;
    }

    private static long bound(long value, int size, long step) {
        long from = value < 0 ? value + size : value;
        return step > 0 ? Math.clamp(from, 0, size) : Math.clamp(from, -1, size - 1);
    }

    static Object operator(String operator, Object a, Object b) throws TemplateException {
        return switch (operator) {
            case "==" -> Values.equal(a, b);
            case "!=" -> !Values.equal(a, b);
            case "<" -> Values.compare(a, b) < 0;
            case ">" -> Values.compare(a, b) > 0;
            case "<=" -> Values.compare(a, b) <= 0;
            case ">=" -> Values.compare(a, b) >= 0;
            case "in" -> Values.contains(b, a);
            case "~" -> joined(Values.string(a), Values.string(b));
            case "+" -> plus(a, b);
            case "*" -> a instanceof String text ? repeated(text, Values.integer(b)) : arithmetic(operator, a, b);
            default -> arithmetic(operator, a, b);
        };
    }

    private static Object plus(Object a, Object b) throws TemplateException {
        if (a instanceof String x && b instanceof String y) {
            return joined(x, y);
        }
        if (a instanceof Collection<?> x && b instanceof Collection<?> y) {
            if (x.size() + y.size() > MAX_ITEMS) {
                throw new TemplateException("a list that is too long");
            }
            var joined = new ArrayList<Object>(x);
            joined.addAll(y);
            return joined;
        }
        return arithmetic("+", a, b);
    }

    private static String joined(String a, String b) throws TemplateException {
        if (a.length() + b.length() > MAX_TEXT) {
            throw new TemplateException("a text that is too long");
        }
        return a.concat(b);
    }

    private static String repeated(String text, long times) throws TemplateException {
        if (times > 0 && text.length() > MAX_TEXT / times) {
            throw new TemplateException("a text that is too long");
        }
        return times <= 0 ? "" : text.repeat((int) times);
    }

    private static Object arithmetic(String operator, Object a, Object b) throws TemplateException {
        if (!(a instanceof Number left) || !(b instanceof Number right)) {
            throw new TemplateException(Values.type(a) + " " + operator + " " + Values.type(b));
        }
        boolean whole = a instanceof Long && b instanceof Long;
        double x = left.doubleValue();
        double y = right.doubleValue();
        if (y == 0 && (operator.equals("//") || operator.equals("%") || operator.equals("/"))) {
            throw new TemplateException("division by zero");
        }
        double result = switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "//" -> Math.floor(x / y);
            case "%" -> x - y * Math.floor(x / y);
            case "**" -> Math.pow(x, y);
            default -> throw new TemplateException("the operator " + operator);
        };
        return whole && !operator.equals("/") ? (Object) (long) result : (Object) result;
    }

    static boolean test(String name, Object value, List<Object> arguments) throws TemplateException {
        return switch (name) {
            case "defined" -> value != Nothing.UNDEFINED;
            case "undefined" -> value == Nothing.UNDEFINED;
            case "none" -> value == Nothing.NONE;
            case "string" -> value instanceof String;
            case "number" -> value instanceof Number;
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> value.equals(true);
            case "false" -> value.equals(false);
            case "mapping" -> value instanceof Map;
            case "iterable" -> value instanceof Collection || value instanceof Map || value instanceof String;
            case "sequence" -> value instanceof Collection || value instanceof String;
            case "callable" -> value instanceof Function;
            case "odd" -> Values.integer(value) % 2 != 0;
            case "even" -> Values.integer(value) % 2 == 0;
            case "divisibleby" -> Values.integer(value) % Values.integer(arguments.getFirst()) == 0;
            case "eq", "equalto", "sameas" -> Values.equal(value, arguments.getFirst());
            case "in" -> Values.contains(arguments.getFirst(), value);
            case "lower" -> value instanceof String s && s.equals(s.toLowerCase(Locale.ROOT));
            case "upper" -> value instanceof String s && s.equals(s.toUpperCase(Locale.ROOT));
            default -> throw new TemplateException("the test " + name + " is not known");
        };
    }
}
