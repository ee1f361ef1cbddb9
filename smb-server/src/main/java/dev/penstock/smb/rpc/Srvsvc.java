package dev.penstock.smb.rpc;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** The list of shares, and what the server says of itself. [MS-SRVS] 3.1.4. Of the state that only administrators see it tells nothing. */
final class Srvsvc implements RpcService {
    private static final Syntax SYNTAX = Syntax.of("4b324fc8-1670-01d3-1278-5a47bf6ee188", 3);

    private static final int NETR_CONNECTION_ENUM = 8;
    private static final int NETR_FILE_ENUM = 9;
    private static final int NETR_SESSION_ENUM = 12;
    private static final int NETR_SHARE_ENUM = 15;
    private static final int NETR_SHARE_GET_INFO = 16;
    private static final int NETR_SHARE_CHECK = 20;
    private static final int NETR_SERVER_GET_INFO = 21;
    private static final int NETR_SERVER_DISK_ENUM = 23;
    private static final int NETR_SERVER_TRANSPORT_ENUM = 26;
    private static final int NETR_REMOTE_TOD = 28;
    private static final int NETPR_NAME_VALIDATE = 33;
    private static final int NETR_SHARE_ENUM_STICKY = 36;

    /** NAMETYPE_SHARE and NAMETYPE_COMPUTER of NetprNameValidate, [MS-SRVS] 3.1.4.31: the kinds of name that mean something here. */
    private static final int NAME_OF_SHARE = 9;

    private static final int NAME_OF_COMPUTER = 4;
    private static final String NOT_IN_NAMES = "\"/\\[]:|<>+=;,?*";
    private static final int LONGEST_SHARE = 80;
    private static final int LONGEST_COMPUTER = 15;

    private static final int SV_TYPE_WORKSTATION_SERVER_NT = 0x9003;
    private static final int TICK = 310; // tinterval in 0.1 ms: what Windows says

    private final String serverName;
    private final ShareLevels shares;
    private final Clock clock;

    Srvsvc(String serverName, ShareLevels shares, Clock clock) {
        this.serverName = serverName;
        this.shares = shares;
        this.clock = clock;
    }

    @Override
    public Syntax syntax() {
        return SYNTAX;
    }

    @Override
    public Blob call(int operation, NdrReader in) throws MalformedMessage {
        in.uniqueString(); // the server's name, in all of them
        return switch (operation) {
            case NETR_CONNECTION_ENUM -> {
                in.uniqueString();
                yield none(in.u32(), Win32.ERROR_ACCESS_DENIED);
            }
            case NETR_FILE_ENUM, NETR_SESSION_ENUM -> {
                in.uniqueString();
                in.uniqueString();
                yield none(in.u32(), Win32.ERROR_ACCESS_DENIED);
            }
            case NETR_SHARE_ENUM, NETR_SHARE_ENUM_STICKY -> shares.enumerate(in.u32());
            case NETR_SHARE_GET_INFO -> shares.get(in.string(), in.u32());
            case NETR_SHARE_CHECK -> shares.check(in.string());
            case NETR_SERVER_GET_INFO -> serverGetInfo(in.u32());
            // No disks and no transports that could be named.
            case NETR_SERVER_DISK_ENUM ->
                new NdrWriter().u32(0).none().u32(0).none().u32(Win32.SUCCESS).toBlob();
            case NETR_SERVER_TRANSPORT_ENUM -> none(in.u32(), Win32.SUCCESS);
            case NETR_REMOTE_TOD -> remoteTimeOfDay();
            case NETPR_NAME_VALIDATE ->
                new NdrWriter().u32(validate(in.string(), in.u32())).toBlob();
            default -> Blob.EMPTY;
        };
    }

    /** An enumeration that has nothing: level, its union, TotalEntries, ResumeHandle, result. */
    private static Blob none(int level, int result) {
        return new NdrWriter()
                .u32(level)
                .u32(level)
                .none()
                .u32(0)
                .none()
                .u32(result)
                .toBlob();
    }

    private Blob serverGetInfo(int level) {
        var out = new NdrWriter().u32(level);
        if (level < 100 || level > 102) {
            return out.none().u32(Win32.ERROR_INVALID_LEVEL).toBlob();
        }
        out.pointer().u32(Wkssvc.PLATFORM_ID_NT).pointer();
        if (level > 100) {
            out.u32(Wkssvc.MAJOR)
                    .u32(Wkssvc.MINOR)
                    .u32(SV_TYPE_WORKSTATION_SERVER_NT)
                    .pointer();
        }
        if (level > 101) { // users, disc, hidden, announce, anndelta, licenses, userpath
            out.u32(-1).u32(15).u32(0).u32(240).u32(3000).u32(0).pointer();
        }
        out.string(serverName);
        if (level > 100) {
            out.string("");
        }
        if (level > 101) {
            out.string("");
        }
        return out.u32(Win32.SUCCESS).toBlob();
    }

    private Blob remoteTimeOfDay() {
        ZonedDateTime now = ZonedDateTime.now(clock);
        ZonedDateTime utc = now.withZoneSameInstant(ZoneOffset.UTC);
        return new NdrWriter()
                .pointer()
                .u32(now.toEpochSecond())
                .u32(System.nanoTime() / 1_000_000)
                .u32(utc.getHour())
                .u32(utc.getMinute())
                .u32(utc.getSecond())
                .u32(utc.getNano() / 10_000_000)
                .u32(-now.getOffset().getTotalSeconds() / 60) // minutes west of Greenwich
                .u32(TICK)
                .u32(utc.getDayOfMonth())
                .u32(utc.getMonthValue())
                .u32(utc.getYear())
                .u32(utc.getDayOfWeek().getValue() % 7) // Sunday is 0
                .u32(Win32.SUCCESS)
                .toBlob();
    }

    private static int validate(String name, int type) {
        int longest = switch (type) {
            case NAME_OF_SHARE -> LONGEST_SHARE;
            case NAME_OF_COMPUTER -> LONGEST_COMPUTER;
            default -> 0;
        };
        if (longest == 0) {
            return Win32.ERROR_INVALID_PARAMETER;
        }
        boolean right = !name.isEmpty()
                && name.length() <= longest
                && name.chars().allMatch(c -> c >= ' ' && NOT_IN_NAMES.indexOf(c) < 0);
        return right ? Win32.SUCCESS : Win32.ERROR_INVALID_NAME;
    }
}
