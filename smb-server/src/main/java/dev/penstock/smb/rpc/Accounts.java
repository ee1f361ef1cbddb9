package dev.penstock.smb.rpc;

import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Names and SIDs of who may appear in an access control list: the store's users, Unix accounts, well-known ones. Thread-safe. */
final class Accounts {
    /** Servers that are in no domain say this, as Windows does. */
    static final String WORKGROUP = "WORKGROUP";

    // SID_NAME_USE, [MS-LSAT] 2.2.13
    static final int TYPE_USER = 1;
    static final int TYPE_DOMAIN = 3;
    static final int TYPE_ALIAS = 4;
    static final int TYPE_WELL_KNOWN = 5;
    static final int TYPE_UNKNOWN = 8;

    private static final Sid BUILTIN = new Sid(5, 32);
    private static final Sid NT = new Sid(5, List.of());
    private static final String NT_AUTHORITY = "NT AUTHORITY";

    private static final List<Account> WELL_KNOWN = List.of(
            domain("BUILTIN", BUILTIN),
            new Account("BUILTIN", "Administrators", new Sid(5, 32, 544), TYPE_ALIAS),
            new Account("BUILTIN", "Users", new Sid(5, 32, 545), TYPE_ALIAS),
            new Account("BUILTIN", "Guests", new Sid(5, 32, 546), TYPE_ALIAS),
            domain(NT_AUTHORITY, NT),
            new Account(NT_AUTHORITY, "NETWORK", Sid.NETWORK, TYPE_WELL_KNOWN),
            new Account(NT_AUTHORITY, "INTERACTIVE", new Sid(5, 4), TYPE_WELL_KNOWN),
            new Account(NT_AUTHORITY, "ANONYMOUS LOGON", Sid.ANONYMOUS, TYPE_WELL_KNOWN),
            new Account(NT_AUTHORITY, "Authenticated Users", Sid.AUTHENTICATED_USERS, TYPE_WELL_KNOWN),
            new Account(NT_AUTHORITY, "SYSTEM", Sid.SYSTEM, TYPE_WELL_KNOWN),
            new Account("", "Everyone", Sid.WORLD, TYPE_WELL_KNOWN),
            new Account("", "CREATOR OWNER", Sid.CREATOR_OWNER, TYPE_WELL_KNOWN),
            new Account("", "CREATOR GROUP", Sid.CREATOR_GROUP, TYPE_WELL_KNOWN),
            new Account("", "OWNER RIGHTS", Sid.OWNER_RIGHTS, TYPE_WELL_KNOWN));

    private final String server;
    private final Supplier<List<String>> users;

    /**
     * What one of them is called and is.
     *
     * @param domain what stands in front of the backslash, perhaps nothing
     * @param sid the account's, or the domain's where it is one
     */
    record Account(String domain, String name, Sid sid, int type) {
        Sid domainSid() {
            return type == TYPE_DOMAIN ? sid : parent(sid);
        }

        /** The part of the SID that is its own within its domain. */
        int relativeId() {
            return type == TYPE_DOMAIN ? -1 : sid.subAuthorities().getLast();
        }
    }

    /**
     * Accounts of a server.
     *
     * @param users lists the names of the store's own
     */
    Accounts(String server, Supplier<List<String>> users) {
        this.server = server;
        this.users = users;
    }

    /** The domain that the server itself is. */
    Account machine() {
        return domain(server, parent(new User(server).sid()));
    }

    /** By DOMAIN\NAME or NAME; the empty name is BUILTIN's, as it is to Windows. */
    @Nullable
    Account named(String text) {
        String name = text.isEmpty() ? "BUILTIN" : text;
        String domain = null;
        int backslash = name.indexOf('\\');
        if (backslash >= 0) {
            domain = name.substring(0, backslash);
            name = name.substring(backslash + 1);
        }
        if (name.isEmpty()) { // DOMAIN\
            name = domain == null ? "" : domain;
            domain = null;
        }
        for (Account known : WELL_KNOWN) {
            if (known.name.equalsIgnoreCase(name) && (domain == null || domain.equalsIgnoreCase(known.domain))) {
                return known;
            }
        }
        if (domain == null && name.equalsIgnoreCase(server)) {
            return machine();
        }
        if (domain != null && !domain.equalsIgnoreCase(server)) {
            return null;
        }
        for (String user : users.get()) {
            if (user.equalsIgnoreCase(name)) {
                return user(user);
            }
        }
        return null;
    }

    @Nullable
    Account of(Sid sid) {
        for (Account known : WELL_KNOWN) {
            if (known.sid.equals(sid)) {
                return known;
            }
        }
        List<Integer> parts = sid.subAuthorities();
        if (sid.authority() == 22 && parts.size() == 2 && (parts.getFirst() == 1 || parts.getFirst() == 2)) {
            boolean user = parts.getFirst() == 1;
            return new Account(
                    user ? "Unix User" : "Unix Group",
                    String.format(Locale.ROOT, "%d", Integer.toUnsignedLong(parts.getLast())),
                    sid,
                    user ? TYPE_USER : TYPE_ALIAS);
        }
        if (sid.equals(machine().sid)) {
            return machine();
        }
        for (String user : users.get()) {
            if (new User(user).sid().equals(sid)) {
                return user(user);
            }
        }
        return null;
    }

    private Account user(String name) {
        return new Account(server, name, new User(name).sid(), TYPE_USER);
    }

    private static Account domain(String name, Sid sid) {
        return new Account(name, name, sid, TYPE_DOMAIN);
    }

    private static Sid parent(Sid sid) {
        List<Integer> parts = sid.subAuthorities();
        return new Sid(sid.authority(), parts.subList(0, Math.max(parts.size() - 1, 0)));
    }
}
