package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Token.Kind;
import java.util.List;

/** Tokens, one after the other. */
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    /** The one after the next; the last again at the end. */
    Token peekSecond() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    void expect(Kind kind) throws TemplateException {
        if (next().kind() != kind) {
            at--;
            throw error("unexpected " + describe(peek()));
        }
    }

    String name() throws TemplateException {
        Token token = peek();
        expect(Kind.NAME);
        return token.text();
    }

    boolean acceptName(String name) {
        return accept(Kind.NAME, name);
    }

    void expectName(String name) throws TemplateException {
        if (!acceptName(name)) {
            throw error(name + " is missing before " + describe(peek()));
        }
    }

    boolean acceptOperator(String operator) {
        return accept(Kind.OPERATOR, operator);
    }

    void expectOperator(String operator) throws TemplateException {
        if (!acceptOperator(operator)) {
            throw error(operator + " is missing before " + describe(peek()));
        }
    }

    private boolean accept(Kind kind, String text) {
        boolean accepted = peek().is(kind, text);
        if (accepted) {
            next();
        }
        return accepted;
    }

    TemplateException error(String what) {
        return new TemplateException("line " + peek().line() + ": " + what);
    }

    private static String describe(Token token) {
        return token.text().isEmpty() ? "the end of the tag" : token.text();
    }
}
