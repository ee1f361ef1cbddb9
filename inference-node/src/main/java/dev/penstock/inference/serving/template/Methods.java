package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Values.Nothing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The methods of Python's strings and dictionaries that templates call. */
final class Methods {
    private Methods() {}

    static Object call(Object self, String name, List<Object> arguments, Map<String, Object> named)
            throws TemplateException {
        return switch (self) {
            case String text -> string(text, name, arguments);
            case Map<?, ?> map -> dictionary(map, name, arguments, named);
            case List<?> list when name.equals("index") -> (long) list.indexOf(arguments.getFirst());
            case List<?> list
            when name.equals("count") ->
                list.stream().filter(i -> Values.equal(i, arguments.getFirst())).count();
            default -> throw unknown(name, self);
        };
    }

    private static Object string(String text, String name, List<Object> arguments) throws TemplateException {
        String first = arguments.isEmpty() ? "" : Values.string(arguments.getFirst());
        boolean whiteSpace = arguments.isEmpty() || arguments.getFirst() == Nothing.NONE;
        return switch (name) {
            case "strip" -> whiteSpace ? text.strip() : right(left(text, first), first);
            case "lstrip" -> whiteSpace ? text.stripLeading() : left(text, first);
            case "rstrip" -> whiteSpace ? text.stripTrailing() : right(text, first);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" ->
                text.isEmpty()
                        ? text
                        : text.substring(0, 1).toUpperCase(Locale.ROOT)
                                + text.substring(1).toLowerCase(Locale.ROOT);
            case "startswith" -> any(arguments, text::startsWith);
            case "endswith" -> any(arguments, text::endsWith);
            case "find" -> (long) text.indexOf(first);
            case "rfind" -> (long) text.lastIndexOf(first);
            case "count" -> count(text, first);
            case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
            case "replace" -> replace(text, arguments);
            case "split" ->
                split(text, whiteSpace ? "" : first, arguments.size() > 1 ? Values.integer(arguments.get(1)) : -1);
            case "rsplit" -> {
                int at = arguments.size() > 1 && Values.integer(arguments.get(1)) == 1 ? text.lastIndexOf(first) : -2;
                if (at == -2) {
                    yield split(text, whiteSpace ? "" : first, -1);
                }
                yield at < 0 ? List.of(text) : List.of(text.substring(0, at), text.substring(at + first.length()));
            }
            case "splitlines" -> text.lines().map(Object.class::cast).toList();
            case "join" -> join(text, Values.items(arguments.getFirst()));
            case "removeprefix" -> text.startsWith(first) ? text.substring(first.length()) : text;
            case "removesuffix" -> text.endsWith(first) ? text.substring(0, text.length() - first.length()) : text;
            default -> throw unknown(name, text);
        };
    }

    private static Object dictionary(Map<?, ?> map, String name, List<Object> arguments, Map<String, Object> named)
            throws TemplateException {
        return switch (name) {
            case "get" -> {
                Object value = map.get(Values.string(arguments.getFirst()));
                Object otherwise =
                        arguments.size() > 1 ? arguments.get(1) : named.getOrDefault("default", Nothing.NONE);
                yield value != null ? value : otherwise;
            }
            case "keys" -> List.copyOf(map.keySet());
            case "values" -> List.copyOf(map.values());
            case "items" -> {
                var items = new ArrayList<Object>();
                map.forEach((key, value) -> items.add(List.of(key, value)));
                yield items;
            }
            default -> throw unknown(name, map);
        };
    }

    private interface Check {
        boolean holds(String text);
    }

    private static boolean any(List<Object> arguments, Check check) throws TemplateException {
        Object given = arguments.getFirst();
        for (Object option : given instanceof String ? List.of(given) : Values.items(given)) {
            if (check.holds(Values.string(option))) {
                return true;
            }
        }
        return false;
    }

    private static String left(String text, String characters) {
        int from = 0;
        while (from < text.length() && characters.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        return text.substring(from);
    }

    private static String right(String text, String characters) {
        int to = text.length();
        while (to > 0 && characters.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(0, to);
    }

    static String title(String text) {
        var titled = new StringBuilder();
        boolean start = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            titled.append(start ? Character.toUpperCase(c) : Character.toLowerCase(c));
            start = !Character.isLetter(c);
        }
        return titled.toString();
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int at = part.isEmpty() ? -1 : text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    static String replace(String text, List<Object> arguments) throws TemplateException {
        if (arguments.size() < 2) {
            throw new TemplateException("replace wants two texts");
        }
        String from = Values.string(arguments.get(0));
        String to = Values.string(arguments.get(1));
        long limit = arguments.size() > 2 ? Values.integer(arguments.get(2)) : Long.MAX_VALUE;
        if (from.isEmpty()) {
            return text;
        }
        var replaced = new StringBuilder();
        int done = 0;
        for (int at = text.indexOf(from); at >= 0 && limit > 0; at = text.indexOf(from, done), limit--) {
            replaced.append(text, done, at).append(to);
            done = at + from.length();
        }
        return replaced.append(text, done, text.length()).toString();
    }

    /** Splits at a separator, or with an empty one at white space; at most {@code limit} times unless that is negative. */
    private static List<Object> split(String text, String separator, long limit) {
        var parts = new ArrayList<Object>();
        if (separator.isEmpty()) {
            for (String part : text.strip().split("\\s+")) {
                if (!part.isEmpty()) {
                    parts.add(part);
                }
            }
            return parts;
        }
        int done = 0;
        long left = limit < 0 ? Long.MAX_VALUE : limit;
        for (int at = text.indexOf(separator); at >= 0 && left > 0; at = text.indexOf(separator, done), left--) {
            parts.add(text.substring(done, at));
            done = at + separator.length();
        }
        parts.add(text.substring(done));
        return parts;
    }

    static String join(String separator, List<Object> items) {
        return String.join(separator, items.stream().map(Values::string).toList());
    }

    private static TemplateException unknown(String name, Object self) {
        return new TemplateException(Values.type(self) + " has no method " + name);
    }
}
