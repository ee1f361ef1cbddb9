package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.wire.erref.NtStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A path within a share, in components as they are on disk. [MS-SMB2] 3.3.5.9, [MS-FSCC] 2.1.5.
 *
 * @param text as the client wrote it
 * @param components none for the root
 * @param stream a named stream of what the components lead to, without its type; null for none
 * @param data whether the path names the data stream, by {@code ::$DATA}: then it is no folder's
 */
record SharePath(
        String text, List<String> components, @Nullable String stream, boolean data) {
    private static final int MOST_COMPONENTS = 256;
    /** A slash can be in no name, and some clients write it for a backslash. */
    private static final String SEPARATORS = "[\\\\/]";

    /** The one type of stream that there is. The streams of folders that hold their indices are not to be had. */
    private static final String DATA = "$DATA";

    static SharePath parse(String name) throws Refusal {
        if (name.isEmpty()) {
            return new SharePath(name, List.of(), null, false);
        }
        if (name.charAt(0) == '\\') {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
        int last = Math.max(name.lastIndexOf('\\'), name.lastIndexOf('/')) + 1;
        int colon = name.indexOf(':', last);
        String plain = colon < 0 ? name : name.substring(0, colon);
        String stream = colon < 0 ? null : stream(name.substring(colon + 1));
        var components = new ArrayList<String>();
        if (plain.isEmpty()) {
            return new SharePath(name, List.of(), nullIfEmpty(stream), stream != null && stream.isEmpty());
        }
        for (String component : plain.split(SEPARATORS, -1)) {
            if (component.equals("..")) {
                // Taken away as it is written, whatever is on disk: the walk itself never climbs, and nobody leaves the
                // root.
                Refusal.unless(!components.isEmpty(), NtStatus.OBJECT_PATH_SYNTAX_BAD);
                components.removeLast();
                continue;
            }
            Refusal.unless(!component.equals("."), NtStatus.OBJECT_PATH_SYNTAX_BAD);
            boolean valid = DiskNames.isValid(component) && !Sidecars.isHidden(component);
            if (!valid || components.size() == MOST_COMPONENTS) {
                throw new Refusal(NtStatus.OBJECT_NAME_INVALID);
            }
            components.add(DiskNames.toDisk(component));
        }
        return new SharePath(name, List.copyOf(components), nullIfEmpty(stream), stream != null && stream.isEmpty());
    }

    /** The name in {@code name[:type]}; empty for the data stream. [MS-FSCC] 2.1.5.3. */
    static String stream(String text) throws Refusal {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        boolean typed = colon < 0 || text.substring(colon + 1).equalsIgnoreCase(DATA);
        boolean named = colon >= 0 || !name.isEmpty();
        Refusal.unless(typed && named && name.length() <= DiskNames.LONGEST, NtStatus.OBJECT_NAME_INVALID);
        boolean valid = name.chars().noneMatch(c -> c == 0 || c == '/' || c == '\\')
                && StandardCharsets.UTF_16LE.newEncoder().canEncode(name);
        Refusal.unless(valid, NtStatus.OBJECT_NAME_INVALID);
        return name;
    }

    private static @Nullable String nullIfEmpty(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /** How much of the text, with its separator, is behind the last but so many components. */
    int charactersBehind(int componentsLeft) {
        int end = text.length();
        for (int left = componentsLeft; left > 0 && end > 0; left--) {
            end = Math.max(text.lastIndexOf('\\', end - 1), text.lastIndexOf('/', end - 1));
        }
        int stream = componentsLeft == 0
                ? text.indexOf(':', Math.max(text.lastIndexOf('\\'), text.lastIndexOf('/')) + 1)
                : -1;
        return text.length() - (stream >= 0 ? stream : Math.max(end, 0));
    }

    boolean isRoot() {
        return components.isEmpty();
    }

    String last() {
        return components.getLast();
    }
}
