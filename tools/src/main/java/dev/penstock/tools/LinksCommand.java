package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.smb.SmbFileStore;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.ObjectMapper;

/** Which cables lead to a store's machine or to other nodes, and what each is worth. */
@Command(
        name = "links",
        mixinStandardHelpOptions = true,
        description = {
            "Says which cables lead to a store's machine, or to the other nodes of a group, by which interface and what",
            "kind of RDMA, and measures each alone: a message there and back, then reading, or sending and receiving."
        },
        footer = {
            "",
            "Of a STORE: it logs on like any client, and reads a file that is there; it writes only if --write says so.",
            "Of nodes: run it on all of them with the --peers and --rank that penstock node is given there, within the",
            "time that --wait says, while those do not run; each prints its own links. Each node measures one link at a",
            "time.",
            "Ends with 1 where a link is down."
        })
final class LinksCommand implements Callable<Integer> {
    @Parameters(paramLabel = "STORE", arity = "0..1", description = "smb://USER@HOST:PORT/SHARE; or else --peers.")
    private @Nullable String where;

    @Mixin
    private Stores stores = new Stores();

    @Mixin
    private Peers peers = new Peers();

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "The file of the store to read; by default the longest of those found first.")
    private @Nullable String file;

    @Option(
            names = "--write",
            description =
                    "Measure writing to the store, too: into a scratch file beside --file, or in the share's root,"
                            + " which nobody else can open and the store removes, even if this is killed.")
    private boolean write;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "1",
            description = "How long each direction of a link is measured, from 1 to 60; ${DEFAULT-VALUE} by default.")
    private int seconds = 1;

    @Option(
            names = "--wait",
            paramLabel = "N",
            defaultValue = "60",
            description =
                    "How many seconds the other nodes are waited for, from 1 to 3600; ${DEFAULT-VALUE} by default.")
    private int wait = 60;

    @Option(names = "--json", description = "One object per link, for other programs.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (seconds < 1 || seconds > 60) {
            throw new UserError("--seconds is from 1 to 60, not " + seconds);
        }
        if (wait < 1 || wait > 3600) {
            throw new UserError("--wait is from 1 to 3600 seconds, not " + wait);
        }
        if (where == null == !peers.named()) {
            throw new UserError(
                    "which links? Either those to a store, smb://USER@HOST:PORT/SHARE, or those between nodes,"
                            + " --peers ADDR:PORT,… --rank N");
        }
        return where == null ? betweenNodes() : toStore(where);
    }

    private int toStore(String named) throws IOException {
        try (FileStore store = stores.open(named)) {
            if (!(store instanceof SmbFileStore files)) {
                throw new UserError(named + " is a folder; links lead to a share, smb://USER@HOST:PORT/SHARE");
            }
            return tell(new StoreLinks(files, file, Duration.ofSeconds(seconds), write));
        }
    }

    private int betweenNodes() throws IOException {
        if (file != null) {
            throw new UserError("--file is of a store; nodes read nothing");
        }
        if (write) {
            throw new UserError("--write is of a store; between nodes both directions are measured anyway");
        }
        if (!peers.some()) {
            throw new UserError("--peers names one node; a link has two");
        }
        return tell(PeerLinks.measure(peers, Duration.ofSeconds(wait), Duration.ofSeconds(seconds)));
    }

    private int tell(Links links) {
        if (json) {
            var mapper = new ObjectMapper();
            links.objects().forEach(one -> System.out.println(mapper.writeValueAsString(one)));
        } else {
            links.print();
        }
        return links.allUp() ? 0 : Main.FAILURE;
    }
}
