package dev.penstock.inference.serving.template;

import dev.penstock.inference.serving.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens. White space is trimmed as the engines that the templates were written for are set up: the line break after
 * a block is dropped ({@code trim_blocks}), and so is the indentation before one ({@code lstrip_blocks}).
 */
final class Lexer {
    /** Of an integer: those that surely fit 64 bits. */
    private static final int MOST_DIGITS = 18;

    private static final List<String> OPERATORS = List.of(
            "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|", "(",
            ")", "[", "]", "{", "}");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source) throws TemplateException {
        var lexer = new Lexer(source.replace("\r\n", "\n"));
        lexer.run();
        return lexer.tokens;
    }

    private void run() throws TemplateException {
        boolean trimNext = false;
        boolean afterBlock = false;
        while (at < source.length()) {
            int open = nextTag();
            String text = source.substring(at, open);
            boolean tag = open < source.length();
            boolean trimBefore = tag && open + 2 < source.length() && source.charAt(open + 2) == '-';
            boolean block = tag && source.charAt(open + 1) != '{';
            boolean keep = tag && open + 2 < source.length() && source.charAt(open + 2) == '+';
            text(text, new Trim(trimNext, afterBlock, trimBefore, block && !keep));
            if (!tag) {
                break;
            }
            char kind = source.charAt(open + 1);
            at = open + (trimBefore || keep ? 3 : 2);
            if (kind == '#') {
                int close = source.indexOf("#}", at);
                if (close < 0) {
                    throw error("a comment that does not end");
                }
                trimNext = source.charAt(close - 1) == '-';
                countLines(source.substring(at, close));
                at = close + 2;
            } else {
                tokens.add(new Token(kind == '{' ? Kind.OUTPUT_BEGIN : Kind.BLOCK_BEGIN, "", line));
                trimNext = inside(kind == '{' ? "}}" : "%}");
                tokens.add(new Token(kind == '{' ? Kind.OUTPUT_END : Kind.BLOCK_END, "", line));
            }
            afterBlock = kind != '{';
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    private int nextTag() {
        int open = source.indexOf('{', at);
        while (open >= 0 && open + 1 < source.length()) {
            char next = source.charAt(open + 1);
            if (next == '{' || next == '%' || next == '#') {
                return open;
            }
            open = source.indexOf('{', open + 1);
        }
        return source.length();
    }

    /** What is trimmed of a text: all white space at either end, or just the rest of a block's line. */
    private record Trim(boolean before, boolean lineBreakBefore, boolean after, boolean indentAfter) {}

    private void text(String raw, Trim trim) {
        countLines(raw);
        String text = raw;
        if (trim.before) {
            text = text.stripLeading();
        } else if (trim.lineBreakBefore && text.startsWith("\n")) {
            text = text.substring(1);
        }
        if (trim.after) {
            text = text.stripTrailing();
        } else if (trim.indentAfter) {
            int end = text.length();
            while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
                end--;
            }
            boolean lineStart = end == 0 ? startsLine(raw, text) : text.charAt(end - 1) == '\n';
            text = lineStart ? text.substring(0, end) : text;
        }
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.TEXT, text, line));
        }
    }

    /** Whether a text of blanks only begins a line: at the start of the template, or after a line break that was trimmed. */
    private boolean startsLine(String raw, String text) {
        return at == 0 || raw.length() > text.length() || (at > 0 && source.charAt(at - 1) == '\n');
    }

    /** Tokens up to the end of a tag; answers whether white space after it is trimmed. */
    private boolean inside(String close) throws TemplateException {
        int depth = 0;
        while (at < source.length()) {
            char c = source.charAt(at);
            if (Character.isWhitespace(c)) {
                line += c == '\n' ? 1 : 0;
                at++;
            } else if (depth == 0 && source.startsWith(close, at)) {
                at += 2;
                return false;
            } else if (depth == 0 && (c == '-' || c == '+') && source.startsWith(close, at + 1)) {
                at += 3;
                return c == '-';
            } else if (c == '\'' || c == '"') {
                string(c);
            } else if (isDigit(c)) {
                number();
            } else if (Character.isLetter(c) || c == '_') {
                int from = at;
                while (at < source.length()
                        && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
                    at++;
                }
                tokens.add(new Token(Kind.NAME, source.substring(from, at), line));
            } else {
                String operator = operator();
                depth += "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
            }
        }
        throw error("a tag that does not end");
    }

    private void string(char quote) throws TemplateException {
        var text = new StringBuilder();
        for (at++; at < source.length() && source.charAt(at) != quote; at++) {
            char c = source.charAt(at);
            if (c == '\\' && at + 1 < source.length()) {
                at++;
                char escaped = source.charAt(at);
                switch (escaped) {
                    case 'n' -> text.append('\n');
                    case 't' -> text.append('\t');
                    case 'r' -> text.append('\r');
                    case '\\', '\'', '"' -> text.append(escaped);
                    default -> text.append('\\').append(escaped);
                }
            } else {
                line += c == '\n' ? 1 : 0;
                text.append(c);
            }
        }
        if (at >= source.length()) {
            throw error("a string that does not end");
        }
        at++;
        tokens.add(new Token(Kind.STRING, text.toString(), line));
    }

    /** ASCII only: those of other scripts make integers, but no reals. */
    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void number() throws TemplateException {
        int from = at;
        boolean real = false;
        while (at < source.length()) {
            char c = source.charAt(at);
            boolean point = c == '.' && !real && at + 1 < source.length() && isDigit(source.charAt(at + 1));
            if (!isDigit(c) && !point) {
                break;
            }
            real |= point;
            at++;
        }
        if (!real && at - from > MOST_DIGITS) {
            throw error("a number of " + (at - from) + " digits");
        }
        tokens.add(new Token(real ? Kind.REAL : Kind.INTEGER, source.substring(from, at), line));
    }

    private String operator() throws TemplateException {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                at += operator.length();
                tokens.add(new Token(Kind.OPERATOR, operator, line));
                return operator;
            }
        }
        throw error("the character " + source.charAt(at));
    }

    private void countLines(String text) {
        line += (int) text.chars().filter(c -> c == '\n').count();
    }

    private TemplateException error(String what) {
        return new TemplateException("line " + line + ": " + what);
    }
}
