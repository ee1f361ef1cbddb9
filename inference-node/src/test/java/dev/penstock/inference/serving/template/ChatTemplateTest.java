package dev.penstock.inference.serving.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
    private static final String LLAMA3 = """
            {% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>

            '+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>

            ' }}{% endif %}""";
    private static final String LLAMA2 =
            "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message ="
                    + " messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false"
                    + " %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2"
                    + " == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...')"
                    + " }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' +"
                    + " system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content ="
                    + " message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' +"
                    + " content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() +"
                    + " ' ' + eos_token }}{% endif %}{% endfor %}";
    private static final String QWEN = """
            {%- if messages[0]['role'] == 'system' %}
                {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
            {%- else %}
                {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
            {%- endif %}
            {%- for message in messages %}
                {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
                    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|im_start|>assistant\\n' }}
            {%- endif %}
            """;

    private static Map<String, Object> chat(String... rolesAndContents) {
        var messages = new java.util.ArrayList<Map<String, Object>>();
        for (int i = 0; i < rolesAndContents.length; i += 2) {
            messages.add(Map.of("role", rolesAndContents[i], "content", rolesAndContents[i + 1]));
        }
        return Map.of("messages", messages, "add_generation_prompt", true, "bos_token", "<s>", "eos_token", "</s>");
    }

    private static String render(String template, Object... namesAndValues) throws TemplateException {
        var variables = new LinkedHashMap<String, Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            variables.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return ChatTemplate.of(template).render(variables);
    }

    @Test
    void templatesOfKnownModelsWriteWhatTheirModelsWereTrainedOn() throws TemplateException {
        assertThat(ChatTemplate.of(LLAMA3).render(chat("system", " be kind ", "user", "hi")))
                .isEqualTo("<s><|start_header_id|>system<|end_header_id|>\n\nbe kind<|eot_id|>"
                        + "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>\n\n");
        assertThat(ChatTemplate.of(LLAMA2).render(chat("system", "S", "user", " a ", "assistant", "b", "user", "c")))
                .isEqualTo("<s>[INST] <<SYS>>\nS\n<</SYS>>\n\n a [/INST] b </s><s>[INST] c [/INST]");
        assertThat(ChatTemplate.of(QWEN).render(chat("user", "hi")))
                .isEqualTo("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
                        + "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(ChatTemplate.of(ChatTemplate.FALLBACK).render(chat("user", "hi")))
                .isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void aTemplateRefusesInItsOwnWords() {
        assertThatThrownBy(() -> ChatTemplate.of(LLAMA2).render(chat("assistant", "b")))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("roles must alternate");
    }

    @Test
    void theLanguageDoesWhatPythonDoes() throws TemplateException {
        assertThat(render("{{ 'a,b,c'.split(',', 1)[-1] }}")).isEqualTo("b,c");
        assertThat(render("{{ x[1:] }} {{ x[::-1]|join('') }} {{ x[:-1][0] }}", "x", List.of("p", "q", "r")))
                .isEqualTo("['q', 'r'] rqp p");
        assertThat(render("{% set ns = namespace(n=0) %}{% for i in range(4) if i is odd %}{% set ns.n = ns.n + i %}"
                        + "{% endfor %}{{ ns.n }} {{ i is defined }}"))
                .isEqualTo("4 False");
        assertThat(render("{% for i in [1,2,3,4] %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}"
                        + "{% endif %}{{ i }}{{ ', ' if not loop.last }}{% else %}none{% endfor %}"))
                .isEqualTo("1, 3, ");
        assertThat(render("{% macro f(a, b='x') %}[{{ a }}{{ b }}]{% endmacro %}{{ f(1) }}{{ f(2, b='y') }}"))
                .isEqualTo("[1x][2y]");
        assertThat(render(
                        "{{ d | tojson }} {{ d.get('z', 5) }}",
                        "d",
                        new LinkedHashMap<>(Map.of("k", List.of(1L, "é\"")))))
                .isEqualTo("{\"k\": [1, \"é\\\"\"]} 5");
        assertThat(render("{{ 7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }} {{ 1 + 2 * 3 ~ 'x' }}"))
                .isEqualTo("3 2 3.5 8 7x");
        assertThat(render(
                        "{{ m | selectattr('role', 'equalto', 'user') | map(attribute='c') | list }}",
                        "m",
                        List.of(Map.of("role", "user", "c", 1L), Map.of("role", "tool", "c", 2L))))
                .isEqualTo("[1]");
        assertThat(render("{{ none is none and 'x' in 'xyz' and 'q' not in ['a'] and not false }}"))
                .isEqualTo("True");
        assertThat(render("{{ undefined_thing or 'default' }}{{ u | default('!') }}"))
                .isEqualTo("default!");
        assertThat(render("{% filter upper %}ab{% endfilter %}{% set t %}in {{ 1 }}{% endset %}{{ t }}"))
                .isEqualTo("ABin 1");
    }

    @Test
    void whiteSpaceAroundBlocksIsTrimmedAsTheModelsExpect() throws TemplateException {
        assertThat(render("a\n  {% if true %}\nb\n  {% endif %}\nc")).isEqualTo("a\nb\nc");
        assertThat(render("a \n {%- if true -%} \n b {{- 1 -}} \n c{%- endif %}"))
                .isEqualTo("ab1c");
        assertThat(render("{# note #}x\n{# more #}\ny")).isEqualTo("x\ny");
    }

    @Test
    void whatIsWrongIsSaidWithItsLine() {
        assertThatThrownBy(() -> ChatTemplate.of("a\n{% frob %}"))
                .hasMessage("line 2: the statement frob is not understood");
        assertThatThrownBy(() -> ChatTemplate.of("{% if x %}")).hasMessageContaining("lacks its endif");
        assertThatThrownBy(() -> ChatTemplate.of("{{ 'x }}")).hasMessageContaining("does not end");
        assertThatThrownBy(() -> render("{{ x | frob }}", "x", "y")).hasMessage("the filter frob is not known");
        assertThatThrownBy(() -> render("{{ frob(1) }}")).hasMessageContaining("frob is not a function");
    }

    @Test
    void aTemplateCannotRunForEver() {
        assertThatThrownBy(
                        () -> render("{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}"))
                .isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"))
                .isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> render("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns | tojson }}"))
                .isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> render("{{ 'x' * 999999999999 }}")).isInstanceOf(TemplateException.class);
        assertThatThrownBy(() -> ChatTemplate.of("{{ " + "(".repeat(100_000))).isInstanceOf(TemplateException.class);
    }
}
