package dev.penstock.smb.volume;

import dev.penstock.smb.wire.erref.NtStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * A path within a share, in components as they are on disk. [MS-SMB2] 3.3.5.9, [MS-FSCC] 2.1.5.
 *
 * @param components none for the root
 */
record SharePath(List<String> components) {
    private static final int MOST_COMPONENTS = 256;
    /** A slash can be in no name, and some clients write it for a backslash. */
    private static final String SEPARATORS = "[\\\\/]";

    private static final String DATA_STREAM = "::$DATA";

    static SharePath parse(String name) throws Refusal {
        if (name.isEmpty()) {
            return new SharePath(List.of());
        }
        if (name.charAt(0) == '\\') {
            throw new Refusal(NtStatus.INVALID_PARAMETER);
        }
        // The data stream by its full name is the file itself; other streams there are none.
        String plain =
                endsWithIgnoreCase(name, DATA_STREAM) ? name.substring(0, name.length() - DATA_STREAM.length()) : name;
        var components = new ArrayList<String>();
        for (String component : plain.split(SEPARATORS, -1)) {
            // No client that means well climbs.
            Refusal.unless(!component.equals(".") && !component.equals(".."), NtStatus.OBJECT_PATH_SYNTAX_BAD);
            if (!DiskNames.isValid(component) || components.size() == MOST_COMPONENTS) {
                throw new Refusal(NtStatus.OBJECT_NAME_INVALID);
            }
            components.add(DiskNames.toDisk(component));
        }
        return new SharePath(List.copyOf(components));
    }

    private static boolean endsWithIgnoreCase(String text, String end) {
        return text.regionMatches(true, text.length() - end.length(), end, 0, end.length());
    }

    boolean isRoot() {
        return components.isEmpty();
    }

    String last() {
        return components.getLast();
    }
}
