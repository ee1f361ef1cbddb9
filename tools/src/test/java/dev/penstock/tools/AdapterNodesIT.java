package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store and two nodes that answer together, by all that the kernel's software adapters have, in a guest kernel that PENSTOCK_UML names. */
class AdapterNodesIT {
    @TempDir
    Path temporary;

    @Test
    void nodesReadTheStoreAndAddUpByAdaptersAndLeaveNothingBehind() throws IOException {
        String out = Guest.run("adapter-nodes.sh", 420, Map.of(), temporary);
        String[] carriers = out.split("carrier: ", -1);
        assertThat(carriers).as(out).hasSize(4);
        var answers = new HashSet<String>();
        for (int i = 1; i < carriers.length; i++) {
            assertThat(carriers[i]).containsPattern("answer: \\w{20,}").contains("left: \n");
            for (int rank = 0; rank < 2; rank++) {
                assertThat(carriers[i])
                        .containsPattern("loaded: rank=" + rank + " bytes=\\d+ placed=[1-9]\\d* staged=0 copied=0");
            }
            answers.add(carriers[i]
                    .lines()
                    .filter(l -> l.startsWith("answer: "))
                    .findFirst()
                    .orElseThrow());
        }
        // The vectors are added up in the same order whatever brings them.
        assertThat(answers).as(out).hasSize(1);
    }
}
