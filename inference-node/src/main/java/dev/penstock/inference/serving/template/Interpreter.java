package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Values.Function;
import dev.penstock.inference.serving.template.Values.Namespace;
import dev.penstock.inference.serving.template.Values.Nothing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Carries out a template once. */
final class Interpreter {
    /** Characters of output; the longest contexts are a few MiB of text. */
    private static final int MAX_OUTPUT = 16 << 20;
    /** Statements carried out; a template takes a few dozen per message. */
    private static final int MAX_STEPS = 5_000_000;
    /** Macros that call macros. */
    private static final int MAX_CALLS = 50;

    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    /** Names of one loop or macro, and of what is around it. */
    private static final class Scope {
        final @Nullable Scope outer;
        final Map<String, Object> names = new HashMap<>();

        Scope(@Nullable Scope outer) {
            this.outer = outer;
        }

        Object get(String name) {
            for (Scope scope = this; scope != null; scope = scope.outer) {
                Object value = scope.names.get(name);
                if (value != null) {
                    return value;
                }
            }
            return Nothing.UNDEFINED;
        }
    }

    private final Scope top = new Scope(null);
    private StringBuilder out = new StringBuilder();
    private int steps;
    private int calls;

    Interpreter(Map<String, Object> variables) {
        top.names.putAll(Builtins.globals());
        top.names.putAll(variables);
    }

    String run(List<Node> nodes) throws TemplateException {
        body(nodes, top);
        return out.toString();
    }

    private Flow body(List<Node> nodes, Scope scope) throws TemplateException {
        for (Node node : nodes) {
            Flow flow = node(node, scope);
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private void count() throws TemplateException {
        if (++steps > MAX_STEPS || out.length() > MAX_OUTPUT) {
            throw new TemplateException("the template does not end");
        }
    }

    private Flow node(Node node, Scope scope) throws TemplateException {
        count();
        switch (node) {
            case Node.Text(String text) -> out.append(text);
            case Node.Output(Expression value) -> out.append(Values.string(evaluate(value, scope)));
            case Node.If(Expression condition, List<Node> then, List<Node> otherwise) -> {
                return body(Values.truth(evaluate(condition, scope)) ? then : otherwise, scope);
            }
            case Node.For loop -> loop(loop, scope);
            case Node.Set set -> set(set, scope);
            case Node.SetBlock(String name, List<Node> inner) -> scope.names.put(name, captured(inner, scope));
            case Node.Macro macro -> scope.names.put(macro.name(), macro(macro));
            case Node.FilterBlock(String filter, List<Expression> arguments, List<Node> inner) ->
                out.append(
                        Values.string(Filters.apply(filter, captured(inner, scope), all(arguments, scope), Map.of())));
            case Node.Group(List<Node> inner) -> {
                return body(inner, scope);
            }
            case Node.Break _ -> {
                return Flow.BREAK;
            }
            case Node.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private void loop(Node.For loop, Scope outer) throws TemplateException {
        var items = new ArrayList<Object>();
        for (Object item : Values.items(evaluate(loop.items(), outer))) {
            count();
            var scope = new Scope(outer);
            assign(loop.names(), item, scope);
            if (loop.only() == null || Values.truth(evaluate(loop.only(), scope))) {
                items.add(item);
            }
        }
        if (items.isEmpty()) {
            body(loop.otherwise(), outer);
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            var scope = new Scope(outer);
            assign(loop.names(), items.get(i), scope);
            scope.names.put("loop", loopVariable(items, i));
            if (body(loop.body(), scope) == Flow.BREAK) {
                break;
            }
        }
    }

    private static Map<String, Object> loopVariable(List<Object> items, int i) {
        var loop = new HashMap<String, Object>();
        loop.put("index0", (long) i);
        loop.put("index", i + 1L);
        loop.put("first", i == 0);
        loop.put("last", i == items.size() - 1);
        loop.put("length", (long) items.size());
        loop.put("revindex", (long) items.size() - i);
        loop.put("revindex0", items.size() - i - 1L);
        loop.put("previtem", i == 0 ? Nothing.UNDEFINED : items.get(i - 1));
        loop.put("nextitem", i == items.size() - 1 ? Nothing.UNDEFINED : items.get(i + 1));
        return loop;
    }

    private void set(Node.Set set, Scope scope) throws TemplateException {
        Object value = evaluate(set.value(), scope);
        if (set.attribute() == null) {
            assign(set.names(), value, scope);
        } else if (scope.get(set.names().getFirst()) instanceof Namespace namespace) {
            namespace.put(set.attribute(), value);
        } else {
            throw new TemplateException(set.names().getFirst() + " is no namespace");
        }
    }

    private static void assign(List<String> names, Object value, Scope scope) throws TemplateException {
        if (names.size() == 1) {
            scope.names.put(names.getFirst(), value);
            return;
        }
        List<Object> parts = Values.items(value);
        if (parts.size() != names.size()) {
            throw new TemplateException(parts.size() + " values for " + names.size() + " names");
        }
        for (int i = 0; i < names.size(); i++) {
            scope.names.put(names.get(i), parts.get(i));
        }
    }

    private String captured(List<Node> nodes, Scope scope) throws TemplateException {
        StringBuilder outer = out;
        out = new StringBuilder();
        try {
            body(nodes, scope);
            return out.toString();
        } finally {
            out = outer;
        }
    }

    private Function macro(Node.Macro macro) {
        return (arguments, named) -> {
            if (++calls > MAX_CALLS) {
                throw new TemplateException("macros that call each other without end");
            }
            var scope = new Scope(top);
            for (int i = 0; i < macro.parameters().size(); i++) {
                String parameter = macro.parameters().get(i);
                Object value = i < arguments.size() ? arguments.get(i) : named.get(parameter);
                scope.names.put(
                        parameter,
                        value != null ? value : evaluate(macro.defaults().get(i), scope));
            }
            String text = captured(macro.body(), scope);
            calls--;
            return text;
        };
    }

    private List<Object> all(List<Expression> expressions, Scope scope) throws TemplateException {
        var values = new ArrayList<Object>();
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Map<String, Object> all(Map<String, Expression> expressions, Scope scope) throws TemplateException {
        var values = new LinkedHashMap<String, Object>();
        for (var entry : expressions.entrySet()) {
            values.put(entry.getKey(), evaluate(entry.getValue(), scope));
        }
        return values;
    }

    private Object evaluate(Expression expression, Scope scope) throws TemplateException {
        return switch (expression) {
            case Expression.Literal(Object value) -> value;
            case Expression.Name(String name) -> scope.get(name);
            case Expression.Attribute(Expression of, String name) -> Builtins.attribute(evaluate(of, scope), name);
            case Expression.Item(Expression of, Expression index) ->
                Builtins.item(evaluate(of, scope), evaluate(index, scope));
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(call, scope);
            case Expression.Filter(var value, var name, var arguments, var named) ->
                Filters.apply(name, evaluate(value, scope), all(arguments, scope), all(named, scope));
            case Expression.Test(var value, var name, var arguments, var negated) ->
                Builtins.test(name, evaluate(value, scope), all(arguments, scope)) != negated;
            case Expression.Unary(String operator, Expression value) -> unary(operator, evaluate(value, scope));
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Conditional(var condition, var then, var otherwise) -> {
                if (Values.truth(evaluate(condition, scope))) {
                    yield evaluate(then, scope);
                }
                yield otherwise == null ? Nothing.UNDEFINED : evaluate(otherwise, scope);
            }
            case Expression.Sequence(var items) -> all(items, scope);
            case Expression.Dictionary(var keys, var values) -> {
                var map = new LinkedHashMap<String, Object>();
                for (int i = 0; i < keys.size(); i++) {
                    map.put(Values.string(evaluate(keys.get(i), scope)), evaluate(values.get(i), scope));
                }
                yield map;
            }
        };
    }

    private Object slice(Expression.Slice slice, Scope scope) throws TemplateException {
        return Builtins.slice(
                evaluate(slice.of(), scope),
                slice.from() == null ? Nothing.NONE : evaluate(slice.from(), scope),
                slice.to() == null ? Nothing.NONE : evaluate(slice.to(), scope),
                slice.step() == null ? 1 : Values.integer(evaluate(slice.step(), scope)));
    }

    private Object call(Expression.Call call, Scope scope) throws TemplateException {
        List<Object> arguments = all(call.arguments(), scope);
        Map<String, Object> named = all(call.named(), scope);
        if (call.function() instanceof Expression.Attribute(Expression of, String name)) {
            Object self = evaluate(of, scope);
            if (!(self instanceof Map<?, ?> map && map.get(name) instanceof Function)) {
                return Methods.call(self, name, arguments, named);
            }
        }
        Object function = evaluate(call.function(), scope);
        if (function instanceof Function callable) {
            return callable.call(arguments, named);
        }
        String name = call.function() instanceof Expression.Name(String n) ? n : "it";
        throw new TemplateException(name + " is not a function that is known here");
    }

    private static Object unary(String operator, Object value) throws TemplateException {
        if (operator.equals("not")) {
            return !Values.truth(value);
        }
        return switch (value) {
            case Long l -> -l;
            case Double d -> -d;
            default -> throw new TemplateException("minus " + Values.type(value));
        };
    }

    private Object binary(Expression.Binary binary, Scope scope) throws TemplateException {
        Object left = evaluate(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> Values.truth(left) ? evaluate(binary.right(), scope) : left;
            case "or" -> Values.truth(left) ? left : evaluate(binary.right(), scope);
            default -> Builtins.operator(binary.operator(), left, evaluate(binary.right(), scope));
        };
    }
}
