package dev.penstock.tools;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The penstock command. */
@Command(
        name = "penstock",
        mixinStandardHelpOptions = true,
        description = "One shared store of models and media for a small cluster.")
public final class Main implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    /** Runs the command line and ends the process with its status. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        java.util.Objects.requireNonNull(spec).commandLine().usage(System.out);
    }
}
