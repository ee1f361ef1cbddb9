package dev.penstock.tools;

import dev.penstock.inference.gguf.ModelMaker;
import dev.penstock.inference.gguf.ModelSpec;
import dev.penstock.inference.gguf.TensorType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job, end to end, on this machine alone. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Shares a folder, loads a model out of it on two nodes by SMB Direct over user-space iWARP, asks it"
                        + " something over HTTP, and says what happened. Ctrl-C ends all of it and leaves nothing behind.")
final class DemoCommand implements Callable<Integer> {
    private static final String MODEL = "models/demo.gguf";
    private static final String MEDIA = "media/tone.wav";
    private static final int NODES = 2;

    @Option(names = "--exit", description = "End after the answer, with status 0 only if every step was right.")
    private boolean exit;

    @Option(
            names = "--shape",
            paramLabel = "NAME",
            defaultValue = "110m",
            description = "Of the model: tiny, 15m, 110m, 250m, 1b or 7b; ${DEFAULT-VALUE} by default.")
    private String shape = "";

    @Option(names = "--prompt", paramLabel = "TEXT", defaultValue = "Water runs down the penstock and")
    private String prompt = "";

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "48", description = "Length of the answer.")
    private int tokens;

    @Option(
            names = "--listen",
            paramLabel = "ADDR:PORT",
            defaultValue = "127.0.0.1:0",
            description = "Where the store speaks SMB over TCP; by default a free port on loopback.")
    private String listen = "";

    @Override
    public Integer call() throws IOException {
        if (tokens < 1 || tokens > 1000) {
            throw new UserError("--tokens is from 1 to 1000");
        }
        Path folder = Files.createTempDirectory("penstock-demo-");
        try (var children = new Children(folder)) {
            Runtime.getRuntime().addShutdownHook(new Thread(children::close, "stop"));
            boolean right = run(folder, children);
            if (!exit && right) {
                System.out.println("Everything goes on until Ctrl-C.");
                new CountDownLatch(1).await();
            }
            return right ? 0 : Main.FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Main.FAILURE;
        }
    }

    private boolean run(Path folder, Children children) throws IOException {
        step("a store on a temporary folder, with a sample media file and a model made of random weights");
        Path shared = Files.createDirectory(folder.resolve("store"));
        Files.createDirectories(shared.resolve("models"));
        Files.createDirectories(shared.resolve("media"));
        Path passwordFile = passwordFile(folder);
        SampleMedia.write(shared.resolve(MEDIA));
        makeModel(shared.resolve(MODEL));
        long modelBytes = Files.size(shared.resolve(MODEL));
        System.out.printf(Locale.ROOT, "   %s, %.1f MB, and %s%n", MODEL, modelBytes / 1e6, MEDIA);

        step("penstock serve, a process of its own");
        Children.Child store = children.start(
                "store",
                List.of(
                        "serve",
                        shared.toString(),
                        "--share",
                        "demo",
                        "--listen",
                        listen,
                        "--rdma-listen",
                        "127.0.0.1:0",
                        "--user",
                        "demo",
                        "--password-file",
                        passwordFile.toString()));
        InetSocketAddress tcp = store.address("ready: smb ");
        InetSocketAddress rdma = store.address("ready: smb-direct ");
        System.out.printf("   SMB on %s, SMB Direct on %s%n", Addresses.show(tcp), Addresses.show(rdma));

        step("two inference nodes, processes of their own, each loading its half by SMB Direct over iWARP");
        List<Children.Child> nodes = nodes(children, tcp, rdma, passwordFile);
        var loads = new ArrayList<DemoReport.Load>();
        for (Children.Child node : nodes) {
            loads.add(DemoReport.Load.parse(node.line("loaded: ")));
        }
        InetSocketAddress http = nodes.getFirst().address("ready: http://");
        for (DemoReport.Load load : loads) {
            System.out.println("   " + load.describe());
        }

        step("a prompt over HTTP: " + prompt);
        var answer = DemoClient.ask(http, prompt, tokens);
        var report = new DemoReport(modelBytes, loads, answer);
        step("what happened");
        System.out.println(report.figures());
        report.problems(tokens).forEach(p -> System.out.println("   WRONG: " + p));
        if (!exit) {
            howToMount(folder, tcp, passwordFile);
        }
        return report.problems(tokens).isEmpty();
    }

    private static void howToMount(Path folder, InetSocketAddress tcp, Path passwordFile) throws IOException {
        step("mount it now, with the password in " + passwordFile);
        System.out.printf("   Finder, Cmd-K:  smb://demo@%s/demo%n", Addresses.show(tcp));
        System.out.printf(
                "   smbclient //%s/demo -p %d -U demo -A %s%n",
                tcp.getAddress().getHostAddress(), tcp.getPort(), credentials(folder, passwordFile));
    }

    private List<Children.Child> nodes(
            Children children, InetSocketAddress tcp, InetSocketAddress rdma, Path passwordFile) throws IOException {
        var peers = new ArrayList<String>();
        for (int i = 0; i < NODES; i++) {
            peers.add("127.0.0.1:" + freePort());
        }
        var nodes = new ArrayList<Children.Child>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(children.start(
                    "node " + i,
                    List.of(
                            "node",
                            "--store",
                            "smb://demo@" + Addresses.show(tcp) + "/demo",
                            "--model",
                            MODEL,
                            "--rdma-port",
                            Integer.toString(rdma.getPort()),
                            "--password-file",
                            passwordFile.toString(),
                            "--peers",
                            String.join(",", peers),
                            "--rank",
                            Integer.toString(i),
                            "--threads",
                            "1",
                            "--http",
                            "127.0.0.1:0")));
        }
        return nodes;
    }

    private void makeModel(Path file) throws IOException {
        try {
            ModelMaker.make(file, ModelSpec.named(shape, TensorType.Q8_0, 1), bytes -> {});
        } catch (IllegalArgumentException e) {
            throw new UserError("--shape: " + Main.describe(e));
        }
    }

    private static Path passwordFile(Path folder) throws IOException {
        byte[] random = new byte[12];
        new SecureRandom().nextBytes(random);
        return secret(folder.resolve("password"), HexFormat.of().formatHex(random) + "\n");
    }

    /** What smbclient reads with -A. */
    private static Path credentials(Path folder, Path passwordFile) throws IOException {
        String password = UsersFile.password(passwordFile, "demo");
        return secret(folder.resolve("credentials"), "username = demo\npassword = " + password + "\n");
    }

    private static Path secret(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, text);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void step(String what) {
        System.out.println("-- " + what);
    }
}
