package dev.penstock.inference.serving.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An expression of a template. */
sealed interface Expression {
    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record Attribute(Expression of, String name) implements Expression {}

    record Item(Expression of, Expression index) implements Expression {}

    record Slice(
            Expression of,
            @Nullable Expression from,
            @Nullable Expression to,
            @Nullable Expression step) implements Expression {}

    record Call(Expression function, List<Expression> arguments, Map<String, Expression> named) implements Expression {}

    record Filter(Expression value, String name, List<Expression> arguments, Map<String, Expression> named)
            implements Expression {}

    record Test(Expression value, String name, List<Expression> arguments, boolean negated) implements Expression {}

    record Unary(String operator, Expression value) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    record Conditional(
            Expression condition, Expression then, @Nullable Expression otherwise) implements Expression {}

    record Sequence(List<Expression> items) implements Expression {}

    record Dictionary(List<Expression> keys, List<Expression> values) implements Expression {}
}
