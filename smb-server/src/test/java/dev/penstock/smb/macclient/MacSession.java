package dev.penstock.smb.macclient;

import dev.penstock.smb.auth.SpnegoClient;
import dev.penstock.smb.auth.UserStore;
import dev.penstock.smb.crypto.MessageSigner;
import dev.penstock.smb.crypto.PreauthHash;
import dev.penstock.smb.crypto.SessionKeys;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.erref.NtStatus;
import dev.penstock.smb.wire.smb2.Header;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import dev.penstock.smb.wire.smb2.Negotiate;
import dev.penstock.smb.wire.smb2.NegotiateContext;
import dev.penstock.smb.wire.smb2.SessionSetup;
import dev.penstock.smb.wire.smb2.TreeConnect;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** A user's session, on its first connection or on one that was bound to it. */
final class MacSession {
    private static final int CAP_DFS = 0x01;
    private static final int CAP_PERSISTENT_HANDLES = 0x10;
    private static final int CAPABILITIES = CAP_DFS
            | Negotiate.CAP_LEASING
            | Negotiate.CAP_LARGE_MTU
            | Negotiate.CAP_MULTI_CHANNEL
            | CAP_PERSISTENT_HANDLES
            | Negotiate.CAP_DIRECTORY_LEASING
            | Negotiate.CAP_ENCRYPTION;
    private static final int COMPRESSION = 3;
    private static final int NETNAME = 5;
    private static final int SALT = 32;

    /** Less, and the client does not even log on; where other servers are measured, it is not so strict. */
    private static final int LEAST_CREDITS = Integer.getInteger("mac.credits", 3);

    private final InetSocketAddress server;
    private final Guid client;
    private final UserStore users;
    private final String user;
    private final Consumer<LeaseBreak.Notification> onBreak;
    private final MacWire wire;
    private PreauthHash hash = PreauthHash.START;
    private int algorithm;
    private int cipher;
    private int capabilities;
    private int maxTransact;
    private byte[] signingKey = {};

    private MacSession(
            InetSocketAddress server,
            Guid client,
            UserStore users,
            String user,
            Consumer<LeaseBreak.Notification> onBreak)
            throws IOException {
        this.server = server;
        this.client = client;
        this.users = users;
        this.user = user;
        this.onBreak = onBreak;
        this.wire = new MacWire(server, onBreak);
        negotiate();
    }

    /** A new session; the server ends the one before, of which the client has lost the connection. */
    static MacSession logOn(
            InetSocketAddress server,
            Guid client,
            UserStore users,
            String user,
            long previous,
            Consumer<LeaseBreak.Notification> onBreak)
            throws IOException {
        var session = new MacSession(server, client, users, user, onBreak);
        session.setUp(0, previous);
        return session;
    }

    /** A connection more for the same session, as Macs make where there are several ways to the server. */
    MacSession bind() throws IOException {
        var channel = new MacSession(server, client, users, user, onBreak);
        Ebadrpc.unless(channel.algorithm == algorithm && channel.cipher == cipher, "a channel of another kind");
        channel.wire.session(wire.session());
        channel.wire.sign(algorithm, signingKey);
        channel.setUp(SessionSetup.FLAG_BINDING, 0);
        return channel;
    }

    MacWire wire() {
        return wire;
    }

    /** What a listing's buffer may be: a megabyte, unless the server has less. */
    int listingBytes() {
        return Math.min(maxTransact, 1 << 20);
    }

    boolean leasesFolders() {
        return (capabilities & Negotiate.CAP_DIRECTORY_LEASING) != 0;
    }

    private void negotiate() {
        var salt = Blob.of(new WireWriter().guid(random()).guid(random()).toArray());
        Ebadrpc.unless(salt.length() == SALT, "salt");
        var request = new Negotiate.Request(
                Negotiate.SIGNING_ENABLED,
                CAPABILITIES,
                client,
                List.of(0x0202, 0x0210, Negotiate.SMB_300, Negotiate.SMB_302, Negotiate.SMB_311),
                List.of(
                        new NegotiateContext.Preauth(List.of(NegotiateContext.HASH_SHA_512), salt),
                        new NegotiateContext.Encryption(List.of(
                                NegotiateContext.AES_256_GCM,
                                NegotiateContext.AES_256_CCM,
                                NegotiateContext.AES_128_GCM,
                                NegotiateContext.AES_128_CCM)),
                        new NegotiateContext.Other(
                                COMPRESSION,
                                new WireWriter().u16(1).u16(0).i32(0).u16(0).toBlob()),
                        new NegotiateContext.Signing(
                                List.of(NegotiateContext.SIGN_AES_GMAC, NegotiateContext.SIGN_AES_CMAC)),
                        new NegotiateContext.Other(
                                NETNAME, new WireWriter().utf16("127.0.0.1").toBlob())));
        MacWire.Reply reply = wire.ask(request, 0);
        hash = hash.with(wire.lastSent()).with(reply.bytes());
        Ebadrpc.unless(reply.status() == NtStatus.SUCCESS, "NEGOTIATE: " + reply.status());
        try {
            WireReader body = reply.reader().from(Header.SIZE);
            Ebadrpc.unless(body.u16(0) == 65 && body.u16(4) == Negotiate.SMB_311, "dialect");
            capabilities = body.i32(24);
            maxTransact = body.i32(28);
            agreed(reply.reader(), body.i32(60), body.u16(6));
        } catch (MalformedMessage e) {
            throw new Ebadrpc("NEGOTIATE: " + e.getMessage());
        }
    }

    /** Apple's client walks the contexts by their lengths, and takes exactly one cipher and one signing algorithm. */
    private void agreed(WireReader message, int offset, int count) throws MalformedMessage {
        Ebadrpc.unless((offset & 7) == 0, "NegotiateContextOffset");
        int at = offset;
        for (int i = 0; i < count; i++) {
            int type = message.u16(at);
            int length = message.u16(at + 2);
            switch (type) {
                case 1 ->
                    Ebadrpc.unless(
                            message.u16(at + 8) == 1 && message.u16(at + 12) == NegotiateContext.HASH_SHA_512,
                            "one hash");
                case 2 -> {
                    Ebadrpc.unless(message.u16(at + 8) == 1 && length == 4, "CipherCount is supposed to be 1");
                    cipher = message.u16(at + 10);
                }
                case 8 -> {
                    Ebadrpc.unless(message.u16(at + 8) == 1 && length == 4, "SigningCnt is supposed to be 1");
                    algorithm = message.u16(at + 10);
                }
                default -> {}
            }
            at += 8 + (length + 7 & -8);
        }
        Ebadrpc.unless(
                algorithm == NegotiateContext.SIGN_AES_GMAC || algorithm == NegotiateContext.SIGN_AES_CMAC,
                "an invalid signing algorithm");
    }

    private void setUp(int flags, long previous) {
        var logon = new SpnegoClient(users, user);
        try {
            MacWire.Reply challenge = setUp(flags, previous, logon.first(), NtStatus.MORE_PROCESSING_REQUIRED);
            wire.session(challenge.header().sessionId());
            PreauthHash mine = hash.with(wire.lastSent()).with(challenge.bytes());
            Ebadrpc.unless(wire.credits() >= LEAST_CREDITS, "too few credits to log on");
            byte[] second = logon.second(token(challenge));
            MacWire.Reply done = wire.ask(request(flags, previous, second), 0);
            mine = mine.with(wire.lastSent());
            Ebadrpc.unless(done.status() == NtStatus.SUCCESS, "logon: " + done.status());
            Ebadrpc.unless(logon.isProved(token(done)), "mechListMIC");
            byte[] key = SessionKeys.derive(logon.key(), Negotiate.SMB_311, cipher, mine.value())
                    .signing();
            if (flags == 0) {
                signingKey = key;
            }
            // What precedes it was hashed into the key, and so a man in the middle has no way to it.
            MacWire.verify(done.header(), done.bytes(), MessageSigner.of(algorithm, key));
            wire.sign(algorithm, key);
            wire.verify(algorithm, key);
        } catch (MalformedMessage e) {
            throw new Ebadrpc("SESSION_SETUP: " + e.getMessage());
        }
    }

    private MacWire.Reply setUp(int flags, long previous, byte[] token, NtStatus expected) {
        MacWire.Reply reply = wire.ask(request(flags, previous, token), 0);
        Ebadrpc.unless(reply.status() == expected, "SESSION_SETUP: " + reply.status());
        return reply;
    }

    private static SessionSetup.Request request(int flags, long previous, byte[] token) {
        return new SessionSetup.Request(flags, Negotiate.SIGNING_ENABLED, CAP_DFS, previous, Blob.of(token));
    }

    private static byte[] token(MacWire.Reply reply) {
        return ((SessionSetup.Response) reply.body()).token().toArray();
    }

    /** Connects to a share; its tree. */
    int connect(String share) {
        MacWire.Reply reply = wire.ask(new TreeConnect.Request(0, "\\\\127.0.0.1\\" + share), 0);
        if (reply.status() != NtStatus.SUCCESS) {
            throw new Refused("TREE_CONNECT", reply.status());
        }
        return reply.header().treeId();
    }

    static Guid random() {
        return Guid.of(UUID.randomUUID());
    }
}
