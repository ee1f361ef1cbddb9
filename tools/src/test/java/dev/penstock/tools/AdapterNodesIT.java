package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.inference.gguf.ModelMaker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
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

    @Test
    @Tag("long") // minutes in the guest; MeshIT has three nodes without adapters
    void threeNodesOfWhichEachTwoMeetAtAnAdapterOfTheirOwnAnswerAsOneDoes() throws IOException {
        Path model = temporary.resolve("m.gguf");
        ModelMaker.make(model, MeshIT.MODEL, bytes -> {});
        String out = Guest.run("adapter-mesh.sh", 560, Map.of("MODEL", Guest.path(model.toString())), temporary);
        var alone = Pattern.compile("alone: (\\S{20,})").matcher(out);
        assertThat(alone.find()).as(out).isTrue();
        String[] carriers = out.split("carrier: ", -1);
        assertThat(carriers).as(out).hasSize(3);
        for (int i = 1; i < carriers.length; i++) {
            String provider = i == 1 ? "verbs" : "thunderbolt";
            assertThat(carriers[i]).startsWith(provider).contains("together: " + alone.group(1), "left: \n");
            // Both ends of the two ranks that meet there; the kernel names their queue pairs by the threads that made
            // them.
            assertThat(carriers[i].lines().filter(line -> line.equals("pairs: 2")))
                    .as(out)
                    .hasSize(3);
            for (int adapter = 0; adapter < 3; adapter++) {
                String link = "\"from\":\"10.8." + (adapter + 1) + ".1\",\"mtu\":9000,\"up\":true,\"device\":\""
                        + provider + " rxe_dummy" + adapter + "\"";
                assertThat(carriers[i].lines().filter(line -> line.contains(link)))
                        .as(out)
                        .hasSize(2);
            }
        }
    }
}
