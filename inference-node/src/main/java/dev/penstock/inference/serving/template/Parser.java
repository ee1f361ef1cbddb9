package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Token.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Statements out of tokens; expressions are read by {@link ExpressionParser}. */
final class Parser {
    /** Blocks within blocks; templates have six or so. */
    private static final int MAX_DEPTH = 64;

    private final TokenStream in;
    private final ExpressionParser expressions;
    private int depth;

    private Parser(TokenStream in) {
        this.in = in;
        this.expressions = new ExpressionParser(in);
    }

    static List<Node> parse(String source) throws TemplateException {
        var parser = new Parser(new TokenStream(Lexer.tokens(source)));
        List<Node> nodes = parser.body();
        if (parser.in.peek().kind() != Kind.END) {
            throw parser.in.error("a block ends that has not begun");
        }
        return nodes;
    }

    /** Nodes up to the end, or up to a block tag that this level does not know, whose name is the next token then. */
    private List<Node> body(String... ends) throws TemplateException {
        if (++depth > MAX_DEPTH) {
            throw in.error("blocks nested too deep");
        }
        var nodes = new ArrayList<Node>();
        while (true) {
            Token token = in.peek();
            if (token.kind() == Kind.TEXT) {
                in.next();
                nodes.add(new Node.Text(token.text()));
            } else if (token.kind() == Kind.OUTPUT_BEGIN) {
                in.next();
                nodes.add(new Node.Output(expressions.parse()));
                in.expect(Kind.OUTPUT_END);
            } else if (token.kind() == Kind.BLOCK_BEGIN) {
                in.next();
                if (Arrays.asList(ends).contains(in.peek().text())) {
                    break;
                }
                nodes.add(statement());
            } else {
                if (ends.length > 0) {
                    throw in.error("a block that lacks its " + ends[ends.length - 1]);
                }
                break;
            }
        }
        depth--;
        return nodes;
    }

    private Node statement() throws TemplateException {
        String name = in.name();
        return switch (name) {
            case "if" -> ifStatement();
            case "for" -> forStatement();
            case "set" -> setStatement();
            case "macro" -> macro();
            case "filter" -> filter();
            case "generation" -> {
                in.expect(Kind.BLOCK_END);
                List<Node> body = body("endgeneration");
                endBlock();
                yield new Node.Group(body);
            }
            case "break" -> {
                in.expect(Kind.BLOCK_END);
                yield new Node.Break();
            }
            case "continue" -> {
                in.expect(Kind.BLOCK_END);
                yield new Node.Continue();
            }
            default -> throw in.error("the statement " + name + " is not understood");
        };
    }

    private void endBlock() throws TemplateException {
        in.name();
        in.expect(Kind.BLOCK_END);
    }

    private Node ifStatement() throws TemplateException {
        Expression condition = expressions.parse();
        in.expect(Kind.BLOCK_END);
        List<Node> then = body("elif", "else", "endif");
        String end = in.name();
        List<Node> otherwise = List.of();
        if (end.equals("elif")) {
            if (++depth > MAX_DEPTH) {
                throw in.error("too many branches");
            }
            otherwise = List.of(ifStatement());
            depth--;
            return new Node.If(condition, then, otherwise);
        }
        in.expect(Kind.BLOCK_END);
        if (end.equals("else")) {
            otherwise = body("endif");
            endBlock();
        }
        return new Node.If(condition, then, otherwise);
    }

    private Node forStatement() throws TemplateException {
        List<String> names = names();
        in.expectName("in");
        Expression items = expressions.withoutConditional();
        Expression only = in.acceptName("if") ? expressions.parse() : null;
        in.acceptName("recursive");
        in.expect(Kind.BLOCK_END);
        List<Node> body = body("else", "endfor");
        List<Node> otherwise = List.of();
        boolean hasElse = in.peek().text().equals("else");
        endBlock();
        if (hasElse) {
            otherwise = body("endfor");
            endBlock();
        }
        return new Node.For(names, items, only, body, otherwise);
    }

    private Node setStatement() throws TemplateException {
        List<String> names = names();
        String attribute = in.acceptOperator(".") ? in.name() : null;
        if (in.acceptOperator("=")) {
            Expression value = expressions.parseWithCommas();
            in.expect(Kind.BLOCK_END);
            return new Node.Set(names, attribute, value);
        }
        in.expect(Kind.BLOCK_END);
        List<Node> body = body("endset");
        endBlock();
        return new Node.SetBlock(names.getFirst(), body);
    }

    private List<String> names() throws TemplateException {
        var names = new ArrayList<String>();
        boolean bracketed = in.acceptOperator("(");
        do {
            names.add(in.name());
        } while (in.acceptOperator(","));
        if (bracketed) {
            in.expectOperator(")");
        }
        return List.copyOf(names);
    }

    private Node macro() throws TemplateException {
        String name = in.name();
        var parameters = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        in.expectOperator("(");
        while (!in.acceptOperator(")")) {
            parameters.add(in.name());
            defaults.add(
                    in.acceptOperator("=") ? expressions.parse() : new Expression.Literal(Values.Nothing.UNDEFINED));
            in.acceptOperator(",");
        }
        in.expect(Kind.BLOCK_END);
        List<Node> body = body("endmacro");
        endBlock();
        return new Node.Macro(name, parameters, defaults, body);
    }

    private Node filter() throws TemplateException {
        String name = in.name();
        List<Expression> arguments =
                in.acceptOperator("(") ? expressions.arguments().positional() : List.of();
        in.expect(Kind.BLOCK_END);
        List<Node> body = body("endfilter");
        endBlock();
        return new Node.FilterBlock(name, arguments, body);
    }
}
