package dev.penstock.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every size and offset against what the C compiler makes of the installed headers, where there are both. */
class StructsTest {
    /** Constants' prefixes, the longest first where one begins another, and the C structs that they stand for. */
    private static final Map<String, String> STRUCTS = new LinkedHashMap<>();

    /** Fields whose names the constants shorten, or that lie deeper. */
    private static final Map<String, String> FIELDS = Map.ofEntries(
            Map.entry("CONTEXT_POLL_CQ", "ops.poll_cq"),
            Map.entry("CONTEXT_REQ_NOTIFY_CQ", "ops.req_notify_cq"),
            Map.entry("CONTEXT_POST_SEND", "ops.post_send"),
            Map.entry("CONTEXT_POST_RECV", "ops.post_recv"),
            Map.entry("SEND_WR_REMOTE_ADDR", "wr.rdma.remote_addr"),
            Map.entry("SEND_WR_RKEY", "wr.rdma.rkey"),
            Map.entry("WC_FLAGS", "wc_flags"),
            Map.entry("QP_INIT_ATTR_MAX_SEND_WR", "cap.max_send_wr"),
            Map.entry("QP_INIT_ATTR_MAX_RECV_WR", "cap.max_recv_wr"),
            Map.entry("QP_INIT_ATTR_MAX_SEND_SGE", "cap.max_send_sge"),
            Map.entry("QP_INIT_ATTR_MAX_RECV_SGE", "cap.max_recv_sge"),
            Map.entry("QP_ATTR_AH_DGID", "ah_attr.grh.dgid"),
            Map.entry("QP_ATTR_AH_SGID_INDEX", "ah_attr.grh.sgid_index"),
            Map.entry("QP_ATTR_AH_HOP_LIMIT", "ah_attr.grh.hop_limit"),
            Map.entry("QP_ATTR_AH_IS_GLOBAL", "ah_attr.is_global"),
            Map.entry("QP_ATTR_AH_PORT_NUM", "ah_attr.port_num"),
            Map.entry("CM_ID_DST_ADDR", "route.addr.dst_addr"),
            Map.entry("CM_EVENT_CONN", "param.conn"));

    static {
        for (String[] pair : new String[][] {
            {"CONTEXT", "ibv_context"},
            {"DEVICE_ATTR", "ibv_device_attr"},
            {"DEVICE", "ibv_device"},
            {"PORT_ATTR", "ibv_port_attr"},
            {"COMP_CHANNEL", "ibv_comp_channel"},
            {"MR", "ibv_mr"},
            {"SGE", "ibv_sge"},
            {"SEND_WR", "ibv_send_wr"},
            {"RECV_WR", "ibv_recv_wr"},
            {"WC", "ibv_wc"},
            {"QP_INIT_ATTR", "ibv_qp_init_attr"},
            {"QP_ATTR", "ibv_qp_attr"},
            {"QP", "ibv_qp"},
            {"EVENT_CHANNEL", "rdma_event_channel"},
            {"CM_ID", "rdma_cm_id"},
            {"CM_EVENT", "rdma_cm_event"},
            {"CONN_PARAM", "rdma_conn_param"}
        }) {
            STRUCTS.put(pair[0], pair[1]);
        }
    }

    @TempDir
    Path folder;

    @Test
    void everyOffsetIsWhatTheHeadersSay() throws Exception {
        boolean headers = Files.exists(Path.of("/usr/include/infiniband/verbs.h"))
                && Files.exists(Path.of("/usr/include/rdma/rdma_cma.h"));
        Assumptions.assumeTrue(headers, "libibverbs-dev and librdmacm-dev are not installed");
        var expressions = new TreeMap<String, String>();
        var ours = new TreeMap<String, Long>();
        for (Field field : Structs.class.getDeclaredFields()) {
            if (field.getType() == long.class) {
                expressions.put(field.getName(), expression(field.getName()));
                ours.put(field.getName(), field.getLong(null));
            }
        }
        assertThat(ours).hasSizeGreaterThan(60);
        var compiled = compiled(expressions);
        // It has grown since: the room is that of the newest.
        assertThat(compiled.remove("PORT_ATTR")).isLessThanOrEqualTo(ours.remove("PORT_ATTR"));
        assertThat(ours).isEqualTo(compiled);
    }

    private static String expression(String constant) {
        for (var struct : STRUCTS.entrySet()) {
            if (constant.equals(struct.getKey())) {
                return "sizeof(struct " + struct.getValue() + ")";
            }
            if (constant.startsWith(struct.getKey() + "_")) {
                String field = constant.substring(struct.getKey().length() + 1).toLowerCase(Locale.ROOT);
                return "offsetof(struct " + struct.getValue() + ", " + FIELDS.getOrDefault(constant, field) + ")";
            }
        }
        throw new AssertionError("no struct is named like " + constant);
    }

    private Map<String, Long> compiled(Map<String, String> expressions) throws IOException, InterruptedException {
        var source = new StringBuilder("""
                #include <stddef.h>
                #include <stdio.h>
                #include <infiniband/verbs.h>
                #include <rdma/rdma_cma.h>
                int main(void) {
                """);
        expressions.forEach((name, c) -> source.append("printf(\"")
                .append(name)
                .append(" %zu\\n\", ")
                .append(c)
                .append(");\n"));
        source.append("return 0;\n}\n");
        Path file = Files.writeString(folder.resolve("probe.c"), source);
        run("gcc", "-o", folder.resolve("probe").toString(), file.toString());
        var values = new TreeMap<String, Long>();
        for (String line : run(folder.resolve("probe").toString()).lines().toList()) {
            String[] words = line.split(" ");
            values.put(words[0], Long.parseLong(words[1]));
        }
        return values;
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            throw e;
        }
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
