package dev.penstock.smb.volume.watch;

/** Paths as clients see them: from the root of the share, whose own is empty, with a backslash between two names. */
public final class WirePaths {
    private static final char BETWEEN = '\\';

    private WirePaths() {}

    /** The path of a name in a folder. */
    public static String of(String folder, String name) {
        return folder.isEmpty() ? name : folder + BETWEEN + name;
    }

    /** Whether a path is that of something in a folder, at any depth. */
    public static boolean isBelow(String path, String folder) {
        return folder.isEmpty() ? !path.isEmpty() : path.startsWith(folder + BETWEEN);
    }

    /** A path after a folder has got another one: another one, too, where it is that of the folder or of something below it. */
    public static String moved(String path, String from, String to) {
        return path.equals(from) || isBelow(path, from) ? to + path.substring(from.length()) : path;
    }
}
