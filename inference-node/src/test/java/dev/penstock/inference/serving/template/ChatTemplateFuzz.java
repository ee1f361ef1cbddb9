package dev.penstock.inference.serving.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import java.util.Map;

class ChatTemplateFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyTemplateIsRenderedOrRefused(FuzzedDataProvider data) {
        try {
            ChatTemplate.of(data.consumeRemainingAsString())
                    .render(Map.of("messages", List.of(Map.of("role", "user", "content", "x"))));
        } catch (TemplateException refused) {
            assertThat(refused.getMessage()).isNotNull();
        }
    }
}
