package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The nodes' client against the Linux kernel's own server, ksmbd, over SMB Direct on its software iWARP and on its software RoCE, in a guest
 * kernel that PENSTOCK_UML names.
 */
class KernelServerIT {
    private static final int MEBIBYTES = 256;
    private static final int ROUNDS = 100;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"siw", "rxe"})
    void filesGoToTheKernelsServerAndBackByRdmaAndConnectionsLeaveNothing(String kind) throws IOException {
        String out =
                Guest.run("kernel-server.sh", 300, Map.of("KIND", kind, "MB", MEBIBYTES, "ROUNDS", ROUNDS), temporary);
        long bytes = (long) MEBIBYTES << 20;
        assertThat(out)
                .contains("written by RDMA: " + bytes)
                .contains("moved by RDMA: " + 2 * bytes + ", in messages: 0")
                .contains("back: the same")
                .contains("there: the same")
                .contains("names: ok")
                .contains("rounds: " + ROUNDS)
                .contains("left behind: nothing")
                .doesNotContain("left behind: beside")
                .contains("command: ok")
                .doesNotContain("BUG");
        assertThat(number(out, "the kernel read")).isEqualTo(bytes);
        assertThat(number(out, "the kernel wrote")).isGreaterThanOrEqualTo(bytes);
        if (kind.equals("rxe")) {
            // Messages of 1364 bytes would have been nearly four hundred thousand; siw counts none.
            assertThat(number(out, ".*after: .*rdma_sends")).isLessThan(5000);
        }
    }

    private static long number(String out, String name) {
        var matcher = Pattern.compile(name + ": ?(\\d+)").matcher(out);
        assertThat(matcher.find()).as(name).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
