package dev.penstock.inference.serving.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of a template. */
sealed interface Node {
    record Text(String text) implements Node {}

    record Output(Expression value) implements Node {}

    record If(Expression condition, List<Node> then, List<Node> otherwise) implements Node {}

    /** A loop; {@code only} filters its items. */
    record For(
            List<String> names, Expression items, @Nullable Expression only, List<Node> body, List<Node> otherwise)
            implements Node {}

    /** {@code set name = value} or, with an {@code attribute}, {@code set name.attribute = value}. */
    record Set(List<String> names, @Nullable String attribute, Expression value) implements Node {}

    record SetBlock(String name, List<Node> body) implements Node {}

    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Node> body) implements Node {}

    record FilterBlock(String filter, List<Expression> arguments, List<Node> body) implements Node {}

    /** {@code generation}: a region that training marks; here it is just its body. */
    record Group(List<Node> body) implements Node {}

    record Break() implements Node {}

    record Continue() implements Node {}
}
