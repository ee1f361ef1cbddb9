package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Expressions by recursive descent, weakest binding first: conditional, or, and, not, comparison, ~, + -, * /, sign, filter. */
final class ExpressionParser {
    /** Brackets within brackets. */
    private static final int MAX_DEPTH = 100;

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");

    private final TokenStream in;
    private int depth;

    ExpressionParser(TokenStream in) {
        this.in = in;
    }

    /** Arguments of a call. */
    record Arguments(List<Expression> positional, Map<String, Expression> named) {}

    Expression parse() throws TemplateException {
        if (++depth > MAX_DEPTH) {
            throw in.error("an expression nested too deep");
        }
        Expression value = withoutConditional();
        if (in.acceptName("if")) {
            Expression condition = withoutConditional();
            Expression otherwise = in.acceptName("else") ? parse() : null;
            value = new Expression.Conditional(condition, value, otherwise);
        }
        depth--;
        return value;
    }

    /** What stands right of {@code set x =}: several values make a list. */
    Expression parseWithCommas() throws TemplateException {
        Expression first = parse();
        if (!in.peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        var items = new ArrayList<Expression>(List.of(first));
        while (in.acceptOperator(",")) {
            items.add(parse());
        }
        return new Expression.Sequence(items);
    }

    Expression withoutConditional() throws TemplateException {
        Expression left = and();
        while (in.acceptName("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() throws TemplateException {
        Expression left = not();
        while (in.acceptName("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() throws TemplateException {
        if (!in.acceptName("not")) {
            return comparison();
        }
        if (++depth > MAX_DEPTH) {
            throw in.error("an expression nested too deep");
        }
        Expression value = not();
        depth--;
        return new Expression.Unary("not", value);
    }

    private Expression comparison() throws TemplateException {
        Expression left = sum();
        while (true) {
            Token token = in.peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                in.next();
                left = new Expression.Binary(token.text(), left, sum());
            } else if (in.acceptName("in")) {
                left = new Expression.Binary("in", left, sum());
            } else if (token.is(Kind.NAME, "not") && in.peekSecond().is(Kind.NAME, "in")) {
                in.next();
                in.next();
                left = new Expression.Unary("not", new Expression.Binary("in", left, sum()));
            } else {
                return left;
            }
        }
    }

    private Expression sum() throws TemplateException {
        Expression left = product();
        while (true) {
            Token token = in.peek();
            if (token.kind() != Kind.OPERATOR || !"+-~".contains(token.text())) {
                return left;
            }
            in.next();
            left = new Expression.Binary(token.text(), left, product());
        }
    }

    private Expression product() throws TemplateException {
        Expression left = sign();
        while (true) {
            Token token = in.peek();
            if (token.kind() != Kind.OPERATOR
                    || !Set.of("*", "/", "//", "%", "**").contains(token.text())) {
                return left;
            }
            in.next();
            left = new Expression.Binary(token.text(), left, sign());
        }
    }

    private Expression sign() throws TemplateException {
        if (in.acceptOperator("-")) {
            return new Expression.Unary("-", postfix());
        }
        in.acceptOperator("+");
        return postfix();
    }

    private Expression postfix() throws TemplateException {
        Expression value = primary();
        while (true) {
            if (in.acceptOperator(".")) {
                Token token = in.next();
                value = token.kind() == Kind.INTEGER
                        ? new Expression.Item(value, new Expression.Literal(Long.valueOf(token.text())))
                        : new Expression.Attribute(value, token.text());
            } else if (in.acceptOperator("[")) {
                value = subscript(value);
            } else if (in.acceptOperator("(")) {
                Arguments arguments = arguments();
                value = new Expression.Call(value, arguments.positional, arguments.named);
            } else if (in.acceptOperator("|")) {
                String name = in.name();
                Arguments arguments = in.acceptOperator("(") ? arguments() : new Arguments(List.of(), Map.of());
                value = new Expression.Filter(value, name, arguments.positional, arguments.named);
            } else if (in.acceptName("is")) {
                value = test(value);
            } else {
                return value;
            }
        }
    }

    private Expression test(Expression value) throws TemplateException {
        boolean negated = in.acceptName("not");
        String name = in.name();
        List<Expression> arguments = List.of();
        if (in.acceptOperator("(")) {
            arguments = arguments().positional;
        } else if (Set.of("eq", "equalto", "sameas", "in", "divisibleby").contains(name)) {
            arguments = List.of(postfix());
        }
        return new Expression.Test(value, name, arguments, negated);
    }

    private Expression subscript(Expression of) throws TemplateException {
        Expression from = in.peek().is(Kind.OPERATOR, ":") ? null : parse();
        if (from != null && in.acceptOperator("]")) {
            return new Expression.Item(of, from);
        }
        in.expectOperator(":");
        Expression to = atBound() ? null : parse();
        Expression step = in.acceptOperator(":") && !atBound() ? parse() : null;
        in.expectOperator("]");
        return new Expression.Slice(of, from, to, step);
    }

    private boolean atBound() {
        return in.peek().is(Kind.OPERATOR, "]") || in.peek().is(Kind.OPERATOR, ":");
    }

    /** Arguments after the opening bracket, with the closing one. */
    Arguments arguments() throws TemplateException {
        var positional = new ArrayList<Expression>();
        var named = new LinkedHashMap<String, Expression>();
        while (!in.acceptOperator(")")) {
            if (in.peek().kind() == Kind.NAME && in.peekSecond().is(Kind.OPERATOR, "=")) {
                String name = in.name();
                in.next();
                named.put(name, parse());
            } else {
                positional.add(parse());
            }
            if (!in.acceptOperator(",") && !in.peek().is(Kind.OPERATOR, ")")) {
                throw in.error("a call that does not end");
            }
        }
        return new Arguments(positional, named);
    }

    private Expression primary() throws TemplateException {
        Token token = in.next();
        return switch (token.kind()) {
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (in.peek().kind() == Kind.STRING) {
                    text.append(in.next().text());
                }
                yield new Expression.Literal(text.toString());
            }
            case INTEGER -> new Expression.Literal(integer(token));
            case REAL -> new Expression.Literal(Double.valueOf(token.text()));
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(true);
                    case "false", "False" -> new Expression.Literal(false);
                    case "none", "None", "null" -> new Expression.Literal(Values.Nothing.NONE);
                    default -> new Expression.Name(token.text());
                };
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> bracketed();
                    case "[" -> new Expression.Sequence(items("]"));
                    case "{" -> dictionary();
                    default -> throw in.error("unexpected " + token.text());
                };
            default -> throw in.error("an expression is missing");
        };
    }

    private Object integer(Token token) throws TemplateException {
        try {
            return Long.valueOf(token.text());
        } catch (NumberFormatException e) {
            throw in.error("the number " + token.text());
        }
    }

    private Expression bracketed() throws TemplateException {
        if (in.acceptOperator(")")) {
            return new Expression.Sequence(List.of());
        }
        Expression first = parse();
        if (in.acceptOperator(")")) {
            return first;
        }
        in.expectOperator(",");
        var items = new ArrayList<Expression>(List.of(first));
        items.addAll(items(")"));
        return new Expression.Sequence(items);
    }

    private List<Expression> items(String close) throws TemplateException {
        var items = new ArrayList<Expression>();
        while (!in.acceptOperator(close)) {
            items.add(parse());
            if (!in.acceptOperator(",") && !in.peek().is(Kind.OPERATOR, close)) {
                throw in.error("a list that does not end");
            }
        }
        return items;
    }

    private Expression dictionary() throws TemplateException {
        var keys = new ArrayList<Expression>();
        var values = new ArrayList<Expression>();
        while (!in.acceptOperator("}")) {
            keys.add(parse());
            in.expectOperator(":");
            values.add(parse());
            if (!in.acceptOperator(",") && !in.peek().is(Kind.OPERATOR, "}")) {
                throw in.error("a dictionary that does not end");
            }
        }
        return new Expression.Dictionary(keys, values);
    }
}
