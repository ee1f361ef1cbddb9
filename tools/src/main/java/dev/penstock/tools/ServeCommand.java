package dev.penstock.tools;

import dev.penstock.rdma.RdmaDevices;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.server.SmbServer;
import dev.penstock.smb.server.SmbServerConfig;
import dev.penstock.smb.volume.DiskShare;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shares folders until it is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Shares a folder over SMB 3.1.1 and SMB Direct, until SIGTERM or Ctrl-C.",
        footer = {
            "",
            "One line on standard output for each listener that is ready. Without --user, the accounts are those of",
            "penstock user. --signing optional is for point-to-point links: the Linux kernel's client moves nothing by RDMA",
            "on a signed session."
        })
final class ServeCommand implements Callable<Integer> {
    private static final String LISTEN = "0.0.0.0:4450";
    private static final String RDMA_LISTEN = "0.0.0.0:5445";

    private static final String NONE = "none";
    private static final String ON = "on";
    private static final String OFF = "off";

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "The folder to share; may come from --config instead.")
    private @Nullable Path folder;

    @Option(names = "--share", paramLabel = "NAME", description = "The share's name; by default the folder's own.")
    private @Nullable String shareName;

    @Option(
            names = "--preset",
            paramLabel = "finder|video|models|timemachine|plain",
            description = "What the share is for; by default finder. docs/shares.md has the table.")
    private @Nullable String preset;

    @Option(
            names = "--quota",
            paramLabel = "SIZE",
            description = "What clients are told the share has at most, like 500G or 2T; Time Machine keeps to it.")
    private @Nullable String quota;

    @Option(names = "--listen", paramLabel = "ADDR:PORT", description = "For SMB over TCP; by default " + LISTEN + ".")
    private @Nullable String listen;

    @Option(
            names = "--rdma-listen",
            paramLabel = "ADDR:PORT,...",
            description = "For SMB Direct; by default " + RDMA_LISTEN + "; none for none. Each address is served by the"
                    + " device that has it. 0.0.0.0 is iWARP in user space, and beside it Thunderbolt and the InfiniBand and"
                    + " RoCE adapters; with --rdma-provider verbs it is all adapters, iWARP's too.")
    private @Nullable String rdmaListen;

    @Option(
            names = "--rdma-provider",
            paramLabel = "auto|iwarp|verbs|thunderbolt",
            description =
                    "By default the adapter that has the address of --rdma-listen, if one has, else iWARP in user space.")
    private String rdmaProvider = RdmaDevices.AUTO;

    @Option(names = "--user", paramLabel = "NAME", description = "The one account, instead of those of penstock user.")
    private @Nullable String user;

    @Option(names = "--password-file", paramLabel = "FILE", description = "Its first line is the password of --user.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--users",
            paramLabel = "FILE",
            description = "The accounts' file; by default penstock/users below ~/.config.")
    private @Nullable Path users;

    @Option(names = "--signing", paramLabel = "required|optional", description = "By default required.")
    private @Nullable String signing;

    @Option(names = "--encrypt", description = "Take nothing that is not encrypted. Then nothing goes by RDMA.")
    private boolean encrypt;

    @Option(
            names = "--bonjour",
            paramLabel = "NAME|off",
            description =
                    "What Macs on the same network see in the Finder; by default this machine's name. off tells nobody.")
    private @Nullable String bonjour;

    @Option(
            names = "--watch",
            paramLabel = "on|off",
            description = "Tell clients what other programs on this machine change in the shares; by default on.")
    private @Nullable String watch;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A penstock.toml; what is on the command line counts more.")
    private @Nullable Path configFile;

    @Override
    public Integer call() throws IOException {
        ServeSettings settings = configFile == null ? ServeSettings.NONE : ServeSettings.read(configFile);
        boolean signed = signingRequired(settings);
        List<ServeSettings.ShareEntry> entries = entries(settings);
        UserStore accounts = accounts(settings);
        List<Share> shares = shares(entries, watched(settings));
        SmbServerConfig base = serverConfig(settings, shares, accounts).withSigningRequired(signed);
        SmbServer server = directPorts(settings).start(base);
        for (InetSocketAddress address : server.addresses()) {
            System.out.println("ready: smb " + Addresses.show(address) + " shares " + names(entries));
        }
        var direct = server.rdmaAddresses().iterator();
        for (SmbServerConfig.Rdma served : server.config().rdma()) {
            for (int i = 0; i < served.listen().size(); i++) {
                System.out.println("ready: smb-direct " + Addresses.show(direct.next()) + " by "
                        + served.device().name() + " shares " + names(entries));
            }
        }
        System.out.flush();
        Bonjour told = tell(settings, entries, server.addresses());
        untilTold(() -> {
            if (told != null) {
                told.close();
            }
            server.close();
            System.err.println("served: " + server.counters());
        });
        return 0;
    }

    /** Null where nobody is told. */
    private @Nullable Bonjour tell(
            ServeSettings settings, List<ServeSettings.ShareEntry> entries, List<InetSocketAddress> listeners)
            throws IOException {
        String name = first(bonjour, settings.bonjour(), Bonjour.hostName());
        List<InetAddress> addresses = Bonjour.addressesOf(listeners.getFirst());
        return name.equals(OFF) || addresses.isEmpty()
                ? null
                : Bonjour.tell(name, entries, listeners.getFirst().getPort(), addresses);
    }

    private boolean watched(ServeSettings settings) {
        String rule = first(watch, settings.watch(), ON);
        return switch (rule) {
            case ON -> true;
            case OFF -> false;
            default -> throw new UserError("--watch is on or off, not " + rule);
        };
    }

    private static List<Share> shares(List<ServeSettings.ShareEntry> entries, boolean watched) throws IOException {
        var shares = new ArrayList<Share>();
        for (ServeSettings.ShareEntry entry : entries) {
            var share = new DiskShare(entry.name(), entry.path(), entry.preset(), entry.quota(), watched);
            shares.add(share);
            String reason = share.unwatched();
            if (watched && reason != null) {
                System.err.println("share " + entry.name()
                        + ": what other programs change shows when a folder is listed again: " + reason);
            }
        }
        return shares;
    }

    private boolean signingRequired(ServeSettings settings) {
        String rule = first(signing, settings.signing(), "required");
        return switch (rule) {
            case "required" -> true;
            case "optional" -> false;
            default -> throw new UserError("--signing is required or optional, not " + rule);
        };
    }

    private SmbServerConfig serverConfig(ServeSettings settings, List<Share> shares, UserStore accounts) {
        String tcp = first(listen, settings.listen(), LISTEN);
        boolean sealed = encrypt || Boolean.TRUE.equals(settings.encrypt());
        return SmbServerConfig.of(Addresses.parse("--listen", tcp), shares, accounts)
                .withEncrypt(sealed);
    }

    private DirectPorts directPorts(ServeSettings settings) throws IOException {
        String rdma = first(rdmaListen, settings.rdmaListen(), RDMA_LISTEN);
        return rdma.equals(NONE) ? DirectPorts.none() : DirectPorts.of(rdma, rdmaProvider);
    }

    private List<ServeSettings.ShareEntry> entries(ServeSettings settings) {
        var entries = new ArrayList<>(settings.shares());
        Path given = folder;
        if (given != null) {
            Path last = given.toAbsolutePath().normalize().getFileName();
            String name = shareName != null ? shareName : last == null ? "root" : last.toString();
            entries.add(new ServeSettings.ShareEntry(
                    name, given, ServeSettings.preset(preset), ServeSettings.quota(quota)));
        }
        if (entries.isEmpty()) {
            throw new UserError("say which folder to share: penstock serve DIR, or [[share]] in a --config");
        }
        var seen = new HashSet<String>();
        for (ServeSettings.ShareEntry entry : entries) {
            check(entry);
            if (!seen.add(entry.name().toUpperCase(Locale.ROOT))) {
                throw new UserError("two shares are called " + entry.name() + ": give one another name");
            }
        }
        return entries;
    }

    private static void check(ServeSettings.ShareEntry entry) {
        String name = entry.name();
        boolean valid = !name.isEmpty()
                && name.length() <= 80
                && name.chars().noneMatch(c -> c < ' ' || "\\/:*?\"<>|[];=,+".indexOf(c) >= 0);
        if (!valid || name.equalsIgnoreCase("IPC$")) {
            throw new UserError("a share cannot be called " + name + ": give it another name with --share");
        }
        if (!Files.isDirectory(entry.path())) {
            throw new UserError(entry.path() + " is no folder");
        }
    }

    private UserStore accounts(ServeSettings settings) throws IOException {
        if (user != null) {
            UserStore one = UserStore.inMemory();
            try {
                one.add(user, UsersFile.password(passwordFile, user));
            } catch (IllegalArgumentException e) {
                throw new UserError("--user: " + e.getMessage());
            }
            return one;
        }
        if (passwordFile != null) {
            throw new UserError("--password-file goes with --user NAME");
        }
        Path file = users != null ? users : settings.users();
        UserStore store = UsersFile.open(file);
        if (store.list().isEmpty()) {
            throw new UserError("nobody could connect: there are no accounts; make one with penstock user add NAME");
        }
        return store;
    }

    private static String names(List<ServeSettings.ShareEntry> entries) {
        return String.join(" ", entries.stream().map(e -> e.name()).toList());
    }

    private static String first(@Nullable String given, @Nullable String configured, String standard) {
        return given != null ? given : configured != null ? configured : standard;
    }

    /** Waits for SIGTERM or Ctrl-C, then does the last things and ends the process with 0: to be told to stop is no failure. */
    static void untilTold(Runnable last) {
        var never = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            last.run();
                            System.err.flush();
                            Runtime.getRuntime().halt(0);
                        },
                        "stop"));
        try {
            never.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
