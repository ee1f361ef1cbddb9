package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command. */
class DemoIT {
    @TempDir
    Path temporary;

    @Test
    void theMainJobRunsEndToEndAndLeavesNothingBehind() throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Djava.io.tmpdir=" + temporary, "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Main.class.getName(), "demo", "--exit", "--shape", "tiny", "--tokens", "16"));
        var result = Tool.run(240, Map.of(), command).succeeded();
        assertThat(result.output())
                .contains("placed by RDMA")
                .contains("over TCP: 0.0 MB")
                .contains("a second")
                .doesNotContain("WRONG");
        try (var left = java.nio.file.Files.list(temporary)) {
            assertThat(left.filter(p -> p.getFileName().toString().startsWith("penstock-demo")))
                    .isEmpty();
        }
    }
}
