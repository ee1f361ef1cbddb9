package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Values.Nothing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters that templates use. */
final class Filters {
    private Filters() {}

    static Object apply(String name, Object value, List<Object> arguments, Map<String, Object> named)
            throws TemplateException {
        return switch (name) {
            case "trim" -> Methods.call(Values.string(value), "strip", arguments, named);
            case "upper" -> Values.string(value).toUpperCase(Locale.ROOT);
            case "lower" -> Values.string(value).toLowerCase(Locale.ROOT);
            case "capitalize" -> Methods.call(Values.string(value), "capitalize", List.of(), named);
            case "title" -> Methods.title(Values.string(value));
            case "string" -> Values.string(value);
            case "safe", "escape", "e" -> value;
            case "length", "count" -> (long) Values.items(value).size();
            case "tojson" -> Values.json(value, indent(arguments, named));
            case "default", "d" -> {
                boolean alsoFalse = arguments.size() > 1 && Values.truth(arguments.get(1));
                boolean take = value == Nothing.UNDEFINED || (alsoFalse && !Values.truth(value));
                yield take ? arguments.isEmpty() ? "" : arguments.getFirst() : value;
            }
            case "replace" -> Methods.replace(Values.string(value), arguments);
            case "int" -> Values.integer(value);
            case "float" -> value instanceof Number n ? n.doubleValue() : Double.valueOf(Values.string(value));
            case "abs" ->
                value instanceof Long l ? (Object) Math.abs(l) : (Object) Math.abs(((Number) value).doubleValue());
            case "indent" -> indented(Values.string(value), arguments);
            default -> list(name, value, arguments, named);
        };
    }

    private static Object list(String name, Object value, List<Object> arguments, Map<String, Object> named)
            throws TemplateException {
        List<Object> items = value instanceof Map<?, ?> map && (name.equals("items") || name.equals("dictsort"))
                ? pairs(map)
                : Values.items(value);
        return switch (name) {
            case "list", "items" -> items;
            case "first" -> items.isEmpty() ? Nothing.UNDEFINED : items.getFirst();
            case "last" -> items.isEmpty() ? Nothing.UNDEFINED : items.getLast();
            case "reverse" -> {
                var reversed = new ArrayList<>(items);
                Collections.reverse(reversed);
                yield reversed;
            }
            case "join" -> {
                List<Object> parts = named.containsKey("attribute") ? attributes(items, named) : items;
                yield Methods.join(arguments.isEmpty() ? "" : Values.string(arguments.getFirst()), parts);
            }
            case "unique" -> new ArrayList<>(new LinkedHashSet<>(items));
            case "sort", "dictsort" -> sorted(items);
            case "sum" -> {
                Object sum = 0L;
                for (Object item : items) {
                    sum = Builtins.operator("+", sum, item);
                }
                yield sum;
            }
            case "map" -> mapped(items, arguments, named);
            case "select", "reject" -> chosen(items, arguments, name.equals("select"));
            case "selectattr", "rejectattr" -> chosenBy(items, arguments, name.equals("selectattr"));
            default -> throw new TemplateException("the filter " + name + " is not known");
        };
    }

    private static int indent(List<Object> arguments, Map<String, Object> named) throws TemplateException {
        Object indent = arguments.isEmpty() ? named.getOrDefault("indent", Nothing.NONE) : arguments.getFirst();
        return indent == Nothing.NONE ? -1 : Math.clamp(Values.integer(indent), 0, 16);
    }

    private static String indented(String text, List<Object> arguments) throws TemplateException {
        long width = arguments.isEmpty() ? 4 : Math.clamp(Values.integer(arguments.getFirst()), 0, 64);
        boolean first = arguments.size() > 1 && Values.truth(arguments.get(1));
        String space = " ".repeat((int) width);
        return (first ? space : "") + text.replaceAll("\n(?!\n|$)", "\n" + space);
    }

    private static List<Object> pairs(Map<?, ?> map) {
        var pairs = new ArrayList<Object>();
        map.forEach((key, value) -> pairs.add(List.of(key, value)));
        return pairs;
    }

    private static List<Object> attributes(List<Object> items, Map<String, Object> named) throws TemplateException {
        var values = new ArrayList<Object>();
        for (Object item : items) {
            Object value = item;
            for (String part :
                    Values.string(named.getOrDefault("attribute", "")).split("\\.")) {
                value = Builtins.attribute(value, part);
            }
            values.add(value == Nothing.UNDEFINED ? named.getOrDefault("default", value) : value);
        }
        return values;
    }

    private static List<Object> mapped(List<Object> items, List<Object> arguments, Map<String, Object> named)
            throws TemplateException {
        if (named.containsKey("attribute")) {
            return attributes(items, named);
        }
        if (arguments.isEmpty()) {
            throw new TemplateException("map wants a filter or an attribute");
        }
        var values = new ArrayList<Object>();
        for (Object item : items) {
            String filter = Values.string(arguments.getFirst());
            values.add(apply(filter, item, arguments.subList(1, arguments.size()), Map.of()));
        }
        return values;
    }

    private static List<Object> chosen(List<Object> items, List<Object> arguments, boolean keep)
            throws TemplateException {
        var values = new ArrayList<Object>();
        for (Object item : items) {
            boolean holds = arguments.isEmpty()
                    ? Values.truth(item)
                    : Builtins.test(Values.string(arguments.getFirst()), item, arguments.subList(1, arguments.size()));
            if (holds == keep) {
                values.add(item);
            }
        }
        return values;
    }

    private static List<Object> chosenBy(List<Object> items, List<Object> arguments, boolean keep)
            throws TemplateException {
        if (arguments.isEmpty()) {
            throw new TemplateException("selectattr wants an attribute");
        }
        var values = new ArrayList<Object>();
        for (Object item : items) {
            Object attribute = Builtins.attribute(item, Values.string(arguments.getFirst()));
            boolean holds = arguments.size() == 1
                    ? Values.truth(attribute)
                    : Builtins.test(
                            test(Values.string(arguments.get(1))), attribute, arguments.subList(2, arguments.size()));
            if (holds == keep) {
                values.add(item);
            }
        }
        return values;
    }

    private static String test(String name) {
        return name.equals("==") ? "eq" : name;
    }

    private static List<Object> sorted(Collection<Object> items) throws TemplateException {
        var sorted = new ArrayList<Object>();
        for (Object item : items) {
            Object key = item instanceof List<?> pair && !pair.isEmpty() ? pair.getFirst() : item;
            int at = sorted.size();
            while (at > 0) {
                Object before = sorted.get(at - 1);
                Object beforeKey = before instanceof List<?> pair && !pair.isEmpty() ? pair.getFirst() : before;
                if (Values.compare(beforeKey, key) <= 0) {
                    break;
                }
                at--;
            }
            sorted.add(at, item);
        }
        return sorted;
    }
}
