package dev.penstock.tools;

import java.net.InetSocketAddress;

/** ADDRESS:PORT on the command line. */
final class Addresses {
    private Addresses() {}

    /**
     * Parses an address to listen on or to connect to.
     *
     * @param option for the message where it is wrong
     */
    static InetSocketAddress parse(String option, String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = colon < 0 ? "" : text.substring(0, colon);
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon < 0 || host.isEmpty() || port < 0 || port > 65535) {
                throw new NumberFormatException(text);
            }
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            var address = new InetSocketAddress(bracketed ? host.substring(1, host.length() - 1) : host, port);
            if (address.isUnresolved()) {
                throw new UserError(option + ": no such host: " + host);
            }
            return address;
        } catch (NumberFormatException _) {
            throw new UserError(option + " wants ADDRESS:PORT, such as 0.0.0.0:4450 or [::1]:4450, not " + text);
        }
    }

    /** As users write it. */
    static String show(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
