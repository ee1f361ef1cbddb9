package dev.penstock.tools;

import dev.penstock.smb.auth.UserStore;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where the accounts are, and how a password comes in. */
final class UsersFile {
    private UsersFile() {}

    /** {@code $XDG_CONFIG_HOME/penstock/users}, or below {@code ~/.config}. */
    static Path standard() {
        String config = System.getenv("XDG_CONFIG_HOME");
        Path base = config == null || config.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".config")
                : Path.of(config);
        return base.resolve("penstock").resolve("users");
    }

    static UserStore open(@Nullable Path file) throws IOException {
        return UserStore.open(file == null ? standard() : file);
    }

    /** The first line of a file, or what is typed twice at a terminal. */
    static String password(@Nullable Path file, String user) throws IOException {
        if (file != null) {
            try (var lines = Files.lines(file)) {
                return lines.findFirst()
                        .filter(line -> !line.isEmpty())
                        .orElseThrow(
                                () -> new UserError(file + ": the first line is to be the password, and is empty"));
            }
        }
        // None at all without a terminal since JDK 25, one that is no terminal before.
        Console console = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .orElseThrow(() -> new UserError(
                        "no terminal to ask for the password of " + user + " at: give --password-file FILE"));
        char[] first = console.readPassword("Password for %s: ", user);
        char[] second = console.readPassword("Again: ");
        if (first == null || second == null || first.length == 0 || !Arrays.equals(first, second)) {
            throw new UserError("the two were not the same, or empty: nothing was changed");
        }
        return new String(first);
    }
}
