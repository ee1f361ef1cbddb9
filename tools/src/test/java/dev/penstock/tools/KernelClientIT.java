package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Linux kernel's own client, over TCP and over SMB Direct (its software iWARP, siw, to ours; its software RoCE, rxe, to itself
 * through libibverbs), in a guest kernel that PENSTOCK_UML names:
 * a folder with {@code umlrun}. docs/testing.md says what that is.
 */
class KernelClientIT {
    private static final int MEBIBYTES = 256;
    private static final int MOUNTS = 100;

    /** The client over rxe panics in some of its unmounts: what is left to be done is done in another guest. */
    private static final int MOST_GUESTS = 10;

    @TempDir
    Path temporary;

    @Test
    void theKernelsClientCopiesRenamesAndMountsOverTcpAndSmbDirect() throws IOException {
        String out = inGuest("kernel-client.sh");
        assertThat(out)
                .contains("copy port=4450: ok")
                .contains("copy port=4450,seal: ok")
                .contains("copy port=4450,sign: ok")
                .contains("copy rdma,port=5445: ok")
                .contains("names rdma,port=5445: ok")
                .contains("links port=4450: ok")
                .contains("links rdma,port=5445: ok")
                .contains("interfaces port=4450: rdma")
                .contains("mounts: " + MOUNTS)
                // Counted in the server: its iWARP is in user space.
                .containsPattern("left behind: nothing .*queuePairs=0, protectionDomains=1, keys=[0-9]+., slabs lent 0")
                .contains("server ended: 0")
                .doesNotContain("WRONG")
                .doesNotContain("BUG");
        assertBothWaysByRdma(out);
    }

    @Test
    void theKernelsClientCopiesAndMountsOverRoceThroughVerbs() throws IOException {
        copiesAndMountsOverRoce(MOUNTS / 4); // each panic takes another guest's minute
    }

    @Test
    @Tag("long")
    void theKernelsClientCopiesAndMountsOftenOverRoceThroughVerbs() throws IOException {
        copiesAndMountsOverRoce(MOUNTS);
    }

    private void copiesAndMountsOverRoce(int mounts) throws IOException {
        int mounted = 0;
        String out = "";
        for (int guest = 0; guest < MOST_GUESTS && mounted < mounts; guest++) {
            int wanted = mounts - mounted;
            var result = Guest.boot("kernel-client-roce.sh", 400, Map.of("MB", MEBIBYTES, "MOUNTS", wanted), temporary);
            out = result.output();
            assertThat(out).contains("copy: ok").contains("names: ok").doesNotContain("left behind: pd");
            mounted += mountsThatLeftNothing(out);
            if (Guest.panicked(result)) {
                System.out.println("the guest's client panicked after " + mounted + " mounts");
            } else {
                assertThat(out).as("by the guest's end").contains("mounts: " + wanted);
            }
        }
        assertThat(mounted).isEqualTo(mounts);
        assertThat(out)
                .contains("by verbs rxe_dummy0")
                .contains("server ended: 0")
                .doesNotContain("BUG");
        assertBothWaysByRdma(out);
    }

    private static int mountsThatLeftNothing(String out) {
        return Pattern.compile("left behind: nothing after (\\d+)")
                .matcher(out)
                .results()
                .mapToInt(r -> Integer.parseInt(r.group(1)))
                .max()
                .orElse(0);
    }

    private static void assertBothWaysByRdma(String out) {
        long bytes = (long) MEBIBYTES << 20;
        assertThat(counter(out, "rdmaBytesRead")).as("what the client read").isGreaterThanOrEqualTo(bytes);
        assertThat(counter(out, "rdmaBytesWritten")).as("what the client wrote").isGreaterThanOrEqualTo(bytes);
        assertThat(counter(out, "bugs")).isZero();
        assertThat(counter(out, "malformed")).isZero();
    }

    private String inGuest(String resource) throws IOException {
        return Guest.run(resource, 600, Map.of("MB", MEBIBYTES, "MOUNTS", MOUNTS), temporary);
    }

    private static long counter(String out, String name) {
        var matcher = Pattern.compile("\\b" + name + "=(\\d+)").matcher(out);
        assertThat(matcher.find()).as(name).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
