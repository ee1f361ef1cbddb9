package dev.penstock.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * smbtorture, Samba's conformance tests, one process for each. The list beside this class names each test that is expected not to pass, and
 * why; a run that is better than the list fails as one that is worse does, so that the list stays true. What differs is run once more, alone,
 * and both results are printed: some tests cut a connection and want what follows on the next one, and depend on who is faster.
 */
class ConformanceIT {
    private static final int SECONDS = 120;
    private static final int STORES = 2;
    private static final List<String> SUITES = List.of(
            "connect",
            "read",
            "rw",
            "mkdir",
            "tcon",
            "credits",
            "compound",
            "compound_find",
            "dir",
            "getinfo",
            "session-id",
            "sharemode",
            "deny",
            "lock",
            "maxfid",
            "secleak",
            "openattr",
            "sdread",
            "timestamps",
            "rename",
            "create",
            "delete-on-close-perms",
            "streams",
            "ioctl",
            "ioctl-on-stream",
            "fileid",
            "winattr",
            "async_dosmode",
            "acls",
            "charset",
            "setinfo",
            "compound_async",
            "notify",
            "notify-inotify",
            "oplock",
            "lease",
            "durable-open",
            "durable-v2-open",
            "durable-v2-delay",
            "replay",
            "session",
            "multichannel");

    /** What a server does as one of two kinds of Windows, and so cannot pass beside its sibling, or not without the machine's packet filter. */
    private static final List<String> LEFT_OUT = List.of(
            "smb2.replay.dhv2-pending.*-windows",
            "smb2.replay.dhv2-pending3.*",
            "smb2.create.bench-path-contention-shared");

    /** Tests of pipes, by their full names: those that a file server without a domain can pass. */
    private static final Pattern PIPES = Pattern.compile("rpc\\.("
            + "bind\\.(?!assoc_group).*"
            + "|mgmt\\..*|lsa-getuser\\..*|lsa\\.lookup(names|sids)\\..*|mdssvc\\.rpccmd\\..*"
            + "|srvsvc\\.srvsvc \\(admin access\\)\\.(?!NetCharDev|NetShareEnum$|NetShareAddSetDel).*"
            + "|samba3\\.(srvsvc|lsa|winreg|smb2-reauth[12]|smb2-pipe-name|pipes_supported_interfaces)\\..*)");

    @TempDir
    Path temporary;

    @Test
    void everyTestPassesButThoseOnTheList() throws Exception {
        Tool.requirePeers();
        var tests = tests();
        Map<String, String> results = sideBySide(tests);
        Map<String, String> expected = expectedFailures();
        var differences = new ArrayList<String>();
        var counts = new TreeMap<String, Integer>();
        try (var store = store()) {
            for (String test : tests) {
                String name = shortName(test);
                String result = results.get(test);
                boolean listed = expected.remove(name) != null;
                if (result.equals("success") == listed) {
                    String again = run(store, test);
                    System.out.println("smbtorture: " + name + ": " + result + ", then " + again);
                    if (again.equals("success") == listed) {
                        differences.add(name + ": " + result + (listed ? ", though it is on the list" : ""));
                    }
                    result = again;
                }
                counts.merge(result, 1, Integer::sum);
            }
        }
        System.out.println("smbtorture: " + counts);
        expected.keySet().forEach(name -> differences.add(name + ": is on the list, but was not run"));
        assertThat(differences).isEmpty();
    }

    private static Store store() throws IOException {
        return new Store("--signing", "optional");
    }

    /** What came of each test. They wait for most of their time, so two stores are tried at once. */
    private Map<String, String> sideBySide(List<String> tests) throws Exception {
        var left = new ConcurrentLinkedQueue<>(tests);
        var results = new ConcurrentHashMap<String, String>();
        var running = new ArrayList<Future<?>>();
        try (var threads = Executors.newFixedThreadPool(STORES)) {
            for (int i = 0; i < STORES; i++) {
                running.add(threads.submit(() -> {
                    try (var store = store()) {
                        for (String test = left.poll(); test != null; test = left.poll()) {
                            results.put(test, run(store, test));
                        }
                    }
                    return null;
                }));
            }
        }
        for (var one : running) {
            one.get();
        }
        return results;
    }

    private static Map<String, String> expectedFailures() throws IOException {
        var expected = new LinkedHashMap<String, String>();
        try (var in = ConformanceIT.class.getResourceAsStream("smbtorture-expected-failures.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    int space = line.indexOf("  ");
                    assertThat(space).as("a reason, after two spaces: " + line).isPositive();
                    expected.put(line.substring(0, space), line.substring(space).strip());
                }
            }
        }
        return expected;
    }

    private static List<String> tests() throws IOException {
        String list = Tool.run(60, Map.of(), List.of("smbtorture", "--list")).output();
        return list.lines()
                .map(String::strip)
                .filter(t -> PIPES.matcher(t).matches()
                        || SUITES.stream().anyMatch(s -> t.equals("smb2." + s) || t.startsWith("smb2." + s + ".")))
                .distinct()
                .filter(t -> LEFT_OUT.stream().noneMatch(shortName(t)::matches))
                .toList();
    }

    /** smbtorture writes the name of a test with its suite's in front of it twice. */
    private static String shortName(String test) {
        String[] parts = test.split("\\.", 3);
        String rest = parts.length < 3 ? "" : parts[2];
        int half = (rest.length() - 1) / 2;
        boolean twice = rest.length() % 2 == 1
                && rest.charAt(half) == '.'
                && rest.substring(0, half).equals(rest.substring(half + 1));
        return parts[0] + "." + parts[1] + "." + (twice ? rest.substring(0, half) : rest);
    }

    private String run(Store store, String test) throws IOException {
        Path base = Files.createTempDirectory(temporary, "");
        var command = List.of(
                "timeout",
                "-k",
                "5",
                Integer.toString(SECONDS),
                "smbtorture",
                "--configfile=/dev/null",
                "-p",
                Integer.toString(store.tcp().getPort()),
                "-U",
                Store.USER + "%" + Store.PASSWORD,
                "--basedir=" + base,
                "--option=torture:progress=no",
                "--option=torture:maxopenfiles=4000",
                "--option=torture:share=" + Store.SHARE,
                test.startsWith("rpc.") && !test.startsWith("rpc.samba3.")
                        ? "ncacn_np:127.0.0.1"
                        : "//127.0.0.1/" + Store.SHARE,
                test);
        String output = Tool.run(SECONDS + 10, Map.of(), command).output();
        var verdicts = output.lines()
                .filter(l -> l.matches("(success|failure|error|skip): .*"))
                .map(l -> l.substring(0, l.indexOf(':')))
                .toList();
        for (String verdict : List.of("error", "failure", "skip", "success")) {
            boolean counts = !verdict.equals("skip") || !verdicts.contains("success");
            if (verdicts.contains(verdict) && counts) {
                return verdict;
            }
        }
        return "no verdict";
    }
}
