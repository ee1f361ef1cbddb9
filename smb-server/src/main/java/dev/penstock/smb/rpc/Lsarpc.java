package dev.penstock.smb.rpc;

import dev.penstock.smb.command.User;
import dev.penstock.smb.rpc.Accounts.Account;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.dtyp.Sid;
import dev.penstock.smb.wire.erref.NtStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names for SIDs and SIDs for names, and who the caller is. [MS-LSAT] 3.1.4, [MS-LSAD] 3.1.4. One open of a pipe. */
final class Lsarpc implements RpcService {
    private static final Syntax SYNTAX = Syntax.of("12345778-1234-abcd-ef00-0123456789ab", 0);

    private static final int CLOSE = 0;
    private static final int OPEN_POLICY = 6;
    private static final int QUERY_INFORMATION_POLICY = 7;
    private static final int LOOKUP_NAMES = 14;
    private static final int LOOKUP_SIDS = 15;
    private static final int OPEN_POLICY_2 = 44;
    private static final int GET_USER_NAME = 45;
    private static final int LOOKUP_SIDS_2 = 57;
    private static final int LOOKUP_NAMES_2 = 58;
    private static final int LOOKUP_NAMES_3 = 68;

    /** Names or SIDs of one call, [MS-LSAT] 3.1.4.5 and 3.1.4.10 allow 1000 and 20480: as many as fit one message go. */
    private static final int MOST = 1000;

    // POLICY_INFORMATION_CLASS, [MS-LSAD] 2.2.4.1
    private static final int POLICY_AUDIT_EVENTS = 2;
    private static final int POLICY_PRIMARY_DOMAIN = 3;
    private static final int POLICY_ACCOUNT_DOMAIN = 5;
    private static final int POLICY_SERVER_ROLE = 6;
    private static final int ROLE_PRIMARY = 3;

    private final Accounts accounts;
    private final User user;
    private final Handles handles = new Handles();

    Lsarpc(Accounts accounts, User user) {
        this.accounts = accounts;
        this.user = user;
    }

    @Override
    public Syntax syntax() {
        return SYNTAX;
    }

    @Override
    public Blob call(int operation, NdrReader in) throws MalformedMessage, UnknownHandle {
        return switch (operation) {
            case CLOSE -> handles.closed(in);
            case OPEN_POLICY, OPEN_POLICY_2 -> handles.opened(NtStatus.INSUFFICIENT_RESOURCES.value());
            case QUERY_INFORMATION_POLICY -> {
                handles.check(in.handle());
                yield policy(in.u16());
            }
            case LOOKUP_NAMES, LOOKUP_NAMES_2, LOOKUP_NAMES_3 -> {
                handles.check(in.handle());
                yield lookupNames(operation, names(in));
            }
            case LOOKUP_SIDS, LOOKUP_SIDS_2 -> {
                handles.check(in.handle());
                yield lookupSids(operation, sids(in));
            }
            case GET_USER_NAME -> userName(in);
            default -> Blob.EMPTY;
        };
    }

    private Blob policy(int level) {
        var out = new NdrWriter();
        switch (level) {
            case POLICY_AUDIT_EVENTS -> out.pointer().u16(level).u32(0).none().u32(0);
            case POLICY_PRIMARY_DOMAIN -> // a workgroup has a name and no SID
                out.pointer()
                        .u16(level)
                        .align()
                        .unicodeString(Accounts.WORKGROUP)
                        .none()
                        .characters(Accounts.WORKGROUP);
            case POLICY_ACCOUNT_DOMAIN -> {
                Account machine = accounts.machine();
                out.pointer().u16(level).align().unicodeString(machine.name()).pointer();
                out.characters(machine.name()).sid(machine.sid());
            }
            case POLICY_SERVER_ROLE -> out.pointer().u16(level).u32(ROLE_PRIMARY);
            default -> {
                return out.none().u32(NtStatus.INVALID_PARAMETER.value()).toBlob();
            }
        }
        return out.u32(0).toBlob();
    }

    private static List<String> names(NdrReader in) throws MalformedMessage {
        int count = in.u32();
        WireReader.require(count == in.count(8) && count <= MOST, "number of names");
        var pointers = new boolean[count];
        for (int i = 0; i < count; i++) {
            in.u16();
            in.u16();
            pointers[i] = in.pointer();
        }
        var names = new ArrayList<String>(count);
        for (boolean there : pointers) {
            names.add(there ? in.string() : "");
        }
        return names;
    }

    private static List<Sid> sids(NdrReader in) throws MalformedMessage {
        int count = in.u32();
        var sids = new ArrayList<Sid>();
        if (!in.pointer()) {
            WireReader.require(count == 0, "no SIDs");
            return sids;
        }
        WireReader.require(count == in.count(4) && count <= MOST, "number of SIDs");
        for (int i = 0; i < count; i++) {
            WireReader.require(in.pointer(), "a SID that is not there");
        }
        for (int i = 0; i < count; i++) {
            sids.add(in.sid());
        }
        return sids;
    }

    private Blob lookupNames(int operation, List<String> names) {
        var found = new ArrayList<@Nullable Account>();
        names.forEach(name -> found.add(accounts.named(name)));
        var out = new NdrWriter();
        List<Account> domains = domains(out, found);
        out.u32(found.size()).pointer().u32(found.size());
        for (Account account : found) {
            out.u16(account == null ? Accounts.TYPE_UNKNOWN : account.type());
            if (operation == LOOKUP_NAMES_3) {
                if (account == null) {
                    out.none();
                } else {
                    out.pointer();
                }
            } else {
                out.u32(account == null ? 0 : account.relativeId());
            }
            out.u32(index(domains, account));
            if (operation != LOOKUP_NAMES) {
                out.u32(0); // Flags
            }
        }
        if (operation == LOOKUP_NAMES_3) {
            for (Account account : found) {
                if (account != null) {
                    out.sid(account.sid());
                }
            }
        }
        return end(out, found);
    }

    private Blob lookupSids(int operation, List<Sid> sids) {
        var found = new ArrayList<@Nullable Account>();
        sids.forEach(sid -> found.add(accounts.of(sid)));
        var out = new NdrWriter();
        List<Account> domains = domains(out, found);
        out.u32(found.size()).pointer().u32(found.size());
        for (int i = 0; i < found.size(); i++) {
            Account account = found.get(i);
            out.u16(account == null ? Accounts.TYPE_UNKNOWN : account.type()).align();
            out.unicodeString(text(account, sids.get(i))).u32(index(domains, account));
            if (operation == LOOKUP_SIDS_2) {
                out.u32(0); // Flags
            }
        }
        for (int i = 0; i < found.size(); i++) {
            out.characters(text(found.get(i), sids.get(i)));
        }
        return end(out, found);
    }

    /** What a SID is called: itself, where nobody knows it. 3.1.4.9 */
    private static String text(@Nullable Account account, Sid sid) {
        return account == null ? sid.toString() : account.name();
    }

    /** Writes LSAPR_REFERENCED_DOMAIN_LIST, 2.2.12; answers one account of each domain, in the list's order. */
    private static List<Account> domains(NdrWriter out, List<@Nullable Account> found) {
        var domains = new ArrayList<Account>();
        for (Account account : found) {
            if (account != null && index(domains, account) < 0) {
                domains.add(account);
            }
        }
        out.pointer().u32(domains.size());
        if (domains.isEmpty()) {
            out.none().u32(0);
            return domains;
        }
        out.pointer().u32(0).u32(domains.size()); // MaxEntries is not used
        for (Account domain : domains) {
            out.unicodeString(domain.domain()).pointer();
        }
        for (Account domain : domains) {
            out.characters(domain.domain()).sid(domain.domainSid());
        }
        return domains;
    }

    private static int index(List<Account> domains, @Nullable Account account) {
        for (int i = 0; i < domains.size(); i++) {
            if (account != null && domains.get(i).domainSid().equals(account.domainSid())) {
                return i;
            }
        }
        return -1;
    }

    private static Blob end(NdrWriter out, List<@Nullable Account> found) {
        int mapped = (int) found.stream().filter(account -> account != null).count();
        NtStatus status = mapped == found.size()
                ? NtStatus.SUCCESS
                : mapped == 0 ? NtStatus.NONE_MAPPED : NtStatus.SOME_NOT_MAPPED;
        return out.u32(mapped).u32(status.value()).toBlob();
    }

    /** LsarGetUserName, 3.1.4.2: whom the session is of, and where he is from if that is asked for, too. */
    private Blob userName(NdrReader in) throws MalformedMessage {
        in.uniqueString();
        if (in.pointer()) { // what the caller says his name is
            in.u16();
            in.u16();
            if (in.pointer()) {
                in.string();
            }
        }
        boolean domain = in.pointer();
        var out = new NdrWriter();
        out.pointer().unicodeString(user.name()).characters(user.name());
        if (domain) {
            String name = accounts.machine().name().toUpperCase(Locale.ROOT);
            out.pointer().pointer().unicodeString(name).characters(name);
        } else {
            out.none();
        }
        return out.u32(0).toBlob();
    }
}
