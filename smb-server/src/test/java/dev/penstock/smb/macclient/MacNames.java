package dev.penstock.smb.macclient;

import java.text.Normalizer;

/** Names as a Mac has them, decomposed and with a colon where the Finder shows a slash, and as it puts them on the wire. */
final class MacNames {
    private static final String MAPPED = "\"*:<>?\\|";

    private MacNames() {}

    /** A path with slashes, for the wire. */
    static String toWire(String path) {
        var wire = new StringBuilder();
        for (String component : path.split("/")) {
            wire.append(wire.isEmpty() ? "" : "\\").append(component(component));
        }
        return wire.toString();
    }

    /** Where a link leads: components as in names, but for the two dots. */
    static String pathToWire(String target) {
        var wire = new StringBuilder();
        String[] components = target.split("/", -1);
        for (int i = 0; i < components.length; i++) {
            boolean dots = components[i].equals(".") || components[i].equals("..");
            wire.append(i == 0 ? "" : "\\").append(dots ? components[i] : component(components[i]));
        }
        return wire.toString();
    }

    /** The reverse; composed, as people write it. */
    static String pathToLocal(String wire) {
        var local = new StringBuilder();
        String[] components = wire.split("\\\\", -1);
        for (int i = 0; i < components.length; i++) {
            local.append(i == 0 ? "" : "/").append(toLocal(components[i]));
        }
        return Normalizer.normalize(local, Normalizer.Form.NFC);
    }

    private static String component(String name) {
        String composed = Normalizer.normalize(name, Normalizer.Form.NFC);
        var wire = new StringBuilder();
        for (int i = 0; i < composed.length(); i++) {
            char c = composed.charAt(i);
            boolean last = i == composed.length() - 1;
            int mapped = MAPPED.indexOf(c);
            if (c < 0x20) {
                wire.append((char) (0xF000 + c));
            } else if (mapped >= 0) {
                wire.append((char) (0xF020 + mapped));
            } else if (last && c == ' ') {
                wire.append('\uF028');
            } else if (last && c == '.') {
                wire.append('\uF029');
            } else {
                wire.append(c);
            }
        }
        return wire.toString();
    }

    /** A name from the wire, which must be composed: what a Mac sends comes back as it was sent. */
    static String toLocal(String wire) {
        Ebadrpc.unless(Normalizer.isNormalized(wire, Normalizer.Form.NFC), "a name that is not composed");
        var local = new StringBuilder();
        for (int i = 0; i < wire.length(); i++) {
            char c = wire.charAt(i);
            if (c >= 0xF001 && c <= 0xF01F) {
                local.append((char) (c - 0xF000));
            } else if (c >= 0xF020 && c <= 0xF027) {
                local.append(MAPPED.charAt(c - 0xF020));
            } else {
                local.append(c == 0xF028 ? ' ' : c == 0xF029 ? '.' : c);
            }
        }
        return Normalizer.normalize(local, Normalizer.Form.NFD);
    }
}
