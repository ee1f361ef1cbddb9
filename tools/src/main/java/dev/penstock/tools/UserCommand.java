package dev.penstock.tools;

import dev.penstock.smb.auth.UserStore;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** The accounts that may connect to the store. */
@Command(
        name = "user",
        mixinStandardHelpOptions = true,
        description = "Adds, removes and lists the accounts that may connect to the store.")
final class UserCommand implements Runnable {
    @Option(
            names = "--users",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "The file of accounts; by default penstock/users below ~/.config.")
    private @Nullable Path users;

    @Override
    public void run() {
        throw new UserError("say what to do: penstock user add NAME, remove NAME, or list");
    }

    @Command(mixinStandardHelpOptions = true, description = "Adds an account, or changes its password.")
    int add(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--password-file",
                            paramLabel = "FILE",
                            description = "Its first line is the password; else it is asked for.")
                    @Nullable
                    Path passwordFile)
            throws IOException {
        UserStore store = UsersFile.open(users);
        String password = UsersFile.password(passwordFile, name);
        try {
            store.add(name, password);
        } catch (IllegalArgumentException e) {
            throw new UserError(Main.describe(e));
        }
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Removes an account.")
    int remove(@Parameters(paramLabel = "NAME") String name) throws IOException {
        if (!UsersFile.open(users).remove(name)) {
            throw new UserError("there is no account " + name + "; penstock user list shows those there are");
        }
        return 0;
    }

    @Command(mixinStandardHelpOptions = true, description = "Lists the accounts.")
    int list() throws IOException {
        UsersFile.open(users).list().forEach(System.out::println);
        return 0;
    }
}
