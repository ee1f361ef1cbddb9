package dev.penstock.inference.serving.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A chat template, ready to render. Thread-safe. */
public final class ChatTemplate {
    /** What is used where a model brings no template: ChatML, the most common form. */
    public static final String FALLBACK = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' +"
            + " message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private final List<Node> nodes;

    private ChatTemplate(List<Node> nodes) {
        this.nodes = nodes;
    }

    /**
     * Reads a template.
     *
     * @throws TemplateException where it uses what is not understood; the message names the line
     */
    public static ChatTemplate of(String source) throws TemplateException {
        return new ChatTemplate(Parser.parse(source));
    }

    /**
     * The prompt of a conversation.
     *
     * @param variables usually {@code messages}, {@code add_generation_prompt}, {@code bos_token} and {@code eos_token}; values are
     *     strings, longs, doubles, booleans, lists and maps
     * @throws TemplateException where the template refuses the conversation, or fails
     */
    public String render(Map<String, Object> variables) throws TemplateException {
        try {
            return new Interpreter(new HashMap<>(variables)).run(nodes);
        } catch (ClassCastException | java.util.NoSuchElementException | NumberFormatException e) {
            throw new TemplateException("the template is given what it does not expect: " + e.getMessage());
        } catch (StackOverflowError e) {
            // A value that contains itself, or a sum of thousands of terms.
            throw new TemplateException("the template is nested too deep");
        }
    }
}
