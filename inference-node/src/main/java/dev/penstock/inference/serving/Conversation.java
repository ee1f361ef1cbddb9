package dev.penstock.inference.serving;

import dev.penstock.inference.gguf.GgufException;
import dev.penstock.inference.gguf.Metadata;
import dev.penstock.inference.serving.template.ChatTemplate;
import dev.penstock.inference.serving.template.TemplateException;
import dev.penstock.inference.serving.token.Tokenizer;
import dev.penstock.inference.serving.token.Vocabulary;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what users say into the tokens that a model was trained on. Thread-safe. */
public final class Conversation {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final String begin;
    private final String end;

    /**
     * With the tokenizer and the template of a model file. Where it has no template, or one that is not understood, ChatML takes its place
     * and the log says so.
     *
     * @throws GgufException where the file's tokenizer is not known
     */
    public Conversation(Metadata metadata) throws GgufException {
        this.tokenizer = Tokenizer.of(metadata);
        Vocabulary vocabulary = tokenizer.vocabulary();
        this.begin = vocabulary.begin() < 0 ? "" : vocabulary.text(vocabulary.begin());
        this.end = vocabulary.end() < 0 ? "" : vocabulary.text(vocabulary.end());
        this.template = template(metadata.text("tokenizer.chat_template", ""));
    }

    private static ChatTemplate template(String source) {
        try {
            if (!source.isEmpty()) {
                return ChatTemplate.of(source);
            }
            LOG.warn("the model has no chat template: ChatML is used");
        } catch (TemplateException e) {
            LOG.warn("the model's chat template is not understood ({}): ChatML is used", e.getMessage());
        }
        try {
            return ChatTemplate.of(ChatTemplate.FALLBACK);
        } catch (TemplateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The tokens of a chat, up to where the assistant speaks. */
    int[] chat(List<Map<String, Object>> messages) throws ApiException {
        try {
            String prompt = template.render(
                    Map.of("messages", messages, "add_generation_prompt", true, "bos_token", begin, "eos_token", end));
            boolean hasBegin = !begin.isEmpty() && prompt.startsWith(begin);
            return tokenizer.encode(prompt, !hasBegin, true);
        } catch (TemplateException e) {
            throw ApiException.invalid("the model's chat template refuses the messages: " + e.getMessage());
        }
    }

    /** The tokens of a text that is to be continued. */
    int[] text(String prompt) {
        return tokenizer.encode(prompt, true, false);
    }

    /** The tokens. */
    public Vocabulary vocabulary() {
        return tokenizer.vocabulary();
    }
}
