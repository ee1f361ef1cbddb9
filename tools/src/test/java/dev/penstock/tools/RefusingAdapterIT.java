package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is told nothing of the adapters of its machine, in a guest kernel that PENSTOCK_UML names. */
class RefusingAdapterIT {
    @TempDir
    Path temporary;

    @Test
    void anAdapterThatNobodyHasNamedIsServedAndWhereItRefusesTheRestIs() throws IOException {
        String out = Guest.run("refusing-adapter.sh", 120, Map.of(), temporary);
        String[] stores = out.split("store: ", -1);
        assertThat(stores).as(out).hasSize(3);
        assertThat(stores[1])
                .contains("5445 by iwarp sockets", "ready: smb-direct 10.8.0.1:5445 by verbs rxe_dummy0")
                .containsPattern("regions: [1-9]")
                .doesNotContain("10.8.1.1", "no SMB Direct"); // TCP's port is taken there, by iWARP in user space
        assertThat(stores[2])
                .contains("ready: smb ", "5445 by iwarp sockets", "regions: 0\n")
                .contains("no SMB Direct by the adapters of 10.8.0.1", "Cannot allocate memory")
                .doesNotContain("by verbs");
    }
}
