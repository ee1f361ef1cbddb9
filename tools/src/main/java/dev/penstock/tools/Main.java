package dev.penstock.tools;

import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The penstock command. */
@Command(
        name = "penstock",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "One shared store of models and media for a small cluster: SMB 3.1.1, SMB Direct, and inference"
                + " nodes that map their models out of it.",
        subcommands = {
            ServeCommand.class,
            UserCommand.class,
            NodeCommand.class,
            ModelsCommand.class,
            DemoCommand.class,
            DevicesCommand.class,
            FabricCommand.class,
            DoctorCommand.class,
            TrainCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Main implements Runnable {
    static final int USAGE = 2;
    static final int FAILURE = 1;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run
    private CommandLine.Model.CommandSpec spec;

    /** Runs the command line and ends the process with its status. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        var commandLine = new CommandLine(new Main());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof UserError mistake) {
                command.getErr().println("penstock: " + mistake.getMessage());
                return USAGE;
            } else if (e instanceof IOException failure) {
                command.getErr().println("penstock: " + describe(failure));
                return FAILURE;
            }
            throw e;
        });
        commandLine.setParameterExceptionHandler((e, args) -> {
            String help = e.getCommandLine().getCommandSpec().qualifiedName();
            e.getCommandLine().getErr().println("penstock: " + e.getMessage() + "; see " + help + " --help");
            return USAGE;
        });
        return commandLine;
    }

    /** A failure in one line, with what it was about. */
    static String describe(Throwable failure) {
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        return switch (failure) {
            case java.nio.file.NoSuchFileException _ -> message + ": no such file or folder";
            case java.nio.file.AccessDeniedException _ -> message + ": permission denied";
            case java.nio.file.FileSystemException _ -> message + " (" + kind + ")";
            default -> message == null || message.isBlank() ? kind : message;
        };
    }

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"penstock " + (version == null ? "(development)" : version)};
        }
    }
}
