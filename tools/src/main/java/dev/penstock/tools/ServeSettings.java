package dev.penstock.tools;

import dev.penstock.smb.volume.DiskShare;
import dev.penstock.smb.volume.SharePreset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/**
 * What a penstock.toml says. What it leaves out is null, or empty.
 *
 * @param signing required or optional
 * @param bonjour the name that Macs see, or off
 * @param watch on or off: whether clients are told what other programs change
 * @param shares folders and the names that they are shared by
 */
record ServeSettings(
        @Nullable String listen,
        @Nullable String rdmaListen,
        @Nullable String signing,
        @Nullable Boolean encrypt,
        @Nullable Path users,
        @Nullable String bonjour,
        @Nullable String watch,
        List<ShareEntry> shares) {
    private static final Set<String> KEYS =
            Set.of("listen", "rdma-listen", "signing", "encrypt", "users", "bonjour", "watch", "share");
    private static final Set<String> SHARE_KEYS = Set.of("name", "path", "preset", "quota");

    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([KMGTkmgt]?)(?:i?[Bb])?");

    static final ServeSettings NONE = new ServeSettings(null, null, null, null, null, null, null, List.of());

    /**
     * A shared folder.
     *
     * @param quota bytes that clients are told it has at most
     */
    record ShareEntry(String name, Path path, SharePreset preset, long quota) {}

    static ServeSettings read(Path file) throws IOException {
        TomlParseResult toml = Toml.parse(file);
        if (toml.hasErrors()) {
            throw new UserError(file + ": " + toml.errors().getFirst().toString());
        }
        try {
            check(file, toml.keySet(), KEYS);
            var shares = new ArrayList<ShareEntry>();
            TomlArray entries = toml.getArrayOrEmpty("share");
            for (int i = 0; i < entries.size(); i++) {
                shares.add(share(file, entries.getTable(i)));
            }
            String users = toml.getString("users");
            return new ServeSettings(
                    toml.getString("listen"),
                    toml.getString("rdma-listen"),
                    toml.getString("signing"),
                    toml.getBoolean("encrypt"),
                    users == null ? null : beside(file, users),
                    toml.getString("bonjour"),
                    toml.getString("watch"),
                    List.copyOf(shares));
        } catch (org.tomlj.TomlInvalidTypeException e) {
            throw new UserError(file + ": " + e.getMessage());
        }
    }

    private static ShareEntry share(Path file, TomlTable table) {
        check(file, table.keySet(), SHARE_KEYS);
        String name = table.getString("name");
        String path = table.getString("path");
        if (name == null || path == null) {
            throw new UserError(file + ": each [[share]] wants a name and a path");
        }
        return new ShareEntry(name, beside(file, path), preset(table.getString("preset")), quota(table.get("quota")));
    }

    /** A size: a number of bytes, or one with K, M, G or T behind it, for powers of 1024; no limit where nothing is said. */
    static long quota(@Nullable Object given) {
        if (given == null) {
            return DiskShare.NO_QUOTA;
        }
        var size = SIZE.matcher(given.toString().strip());
        if (!size.matches()) {
            throw new UserError("a quota is a number of bytes, or like 500G or 2T, not " + given);
        }
        String unit = size.group(2).toUpperCase(Locale.ROOT);
        int shift = unit.isEmpty() ? 0 : 10 * ("KMGT".indexOf(unit) + 1);
        try {
            long bytes = Math.multiplyExact(Long.parseLong(size.group(1)), 1L << shift);
            if (bytes > 0) {
                return bytes;
            }
        } catch (ArithmeticException | NumberFormatException _) {
            // as little a size as 0
        }
        throw new UserError("a quota is more than nothing and less than 8 EiB, not " + given);
    }

    /** What a share is for, by its name; the Finder's where nothing is said. */
    static SharePreset preset(@Nullable String name) {
        try {
            return name == null ? SharePreset.FINDER : SharePreset.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException _) {
            throw new UserError("a preset is finder, video, models, timemachine or plain, not " + name);
        }
    }

    private static void check(Path file, Set<String> found, Set<String> known) {
        for (String key : found) {
            if (!known.contains(key)) {
                throw new UserError(file + ": " + key + " means nothing here; known are "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    /** Paths in the file are relative to it. */
    private static Path beside(Path file, String path) {
        return file.toAbsolutePath().resolveSibling(path);
    }
}
