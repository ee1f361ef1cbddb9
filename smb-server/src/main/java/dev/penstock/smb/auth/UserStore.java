package dev.penstock.smb.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.bouncycastle.crypto.digests.MD4Digest;
import org.jspecify.annotations.Nullable;

/**
 * The accounts: a text file of lines {@code name:hash}, where the hash is the NT hash (MD4 of the password) in hexadecimal digits. The
 * hash is as good as the password to a thief, so that the file must be its owner's alone, mode 0600. Names are compared without case.
 * Thread-safe.
 */
public final class UserStore {
    /** Accounts in one file; a desk has a handful. */
    public static final int MAX_USERS = 10_000;

    /** Longest account name, in characters, as in Windows' user principal names. */
    public static final int MAX_NAME = 104;

    private static final int HASH = 16;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final @Nullable Path file;
    private final TreeMap<String, Account> accounts = new TreeMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    @SuppressWarnings("ArrayRecordComponent") // private, never compared
    private record Account(String name, byte[] ntHash) {}

    private UserStore(@Nullable Path file) {
        this.file = file;
    }

    /** Accounts in memory only. */
    public static UserStore inMemory() {
        return new UserStore(null);
    }

    /**
     * The accounts of a file, which need not exist yet.
     *
     * @throws IOException where the file can be read by others, or is not what it should be
     */
    public static UserStore open(Path file) throws IOException {
        var store = new UserStore(file);
        if (Files.exists(file)) {
            store.read(file);
        }
        return store;
    }

    private void read(Path path) throws IOException {
        for (PosixFilePermission permission : Files.getPosixFilePermissions(path)) {
            if (!OWNER_ONLY.contains(permission)) {
                throw new IOException(path + " holds password hashes and must have mode 0600");
            }
        }
        List<String> lines = Files.readAllLines(path, StandardCharsets.UTF_8);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int colon = line.lastIndexOf(':');
            byte[] hash = colon < 0 ? new byte[0] : hash(line.substring(colon + 1));
            if (hash.length != HASH || accounts.size() == MAX_USERS) {
                throw new IOException(path + ", line " + (i + 1) + ": expected name:hash of 32 hexadecimal digits");
            }
            put(line.substring(0, colon), hash);
        }
    }

    private static byte[] hash(String digits) {
        try {
            return HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Adds an account, or changes its password, and writes the file. */
    public void add(String name, String password) throws IOException {
        if (name.isEmpty()
                || name.length() > MAX_NAME
                || name.chars().anyMatch(c -> c < ' ' || "\\/:@#".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("not a name for an account: " + name);
        }
        if (password.isEmpty()) {
            throw new IllegalArgumentException("an empty password");
        }
        lock.lock();
        try {
            put(name, hashOf(password));
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Removes an account and writes the file; false where there is none. Its sessions go on until they end. */
    public boolean remove(String name) throws IOException {
        lock.lock();
        try {
            if (accounts.remove(key(name)) == null) {
                return false;
            }
            write();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Names of all accounts, sorted. */
    public List<String> list() {
        lock.lock();
        try {
            return accounts.values().stream().map(Account::name).toList();
        } finally {
            lock.unlock();
        }
    }

    /** The hash of an account, or null. */
    byte @Nullable [] ntHash(String name) {
        lock.lock();
        try {
            Account account = accounts.get(key(name));
            return account == null ? null : account.ntHash;
        } finally {
            lock.unlock();
        }
    }

    /** The account's name as it was written when it was added; the given one where there is none. */
    String canonical(String name) {
        lock.lock();
        try {
            Account account = accounts.get(key(name));
            return account == null ? name : account.name;
        } finally {
            lock.unlock();
        }
    }

    /** MD4 over the password in UTF-16LE. [MS-NLMP] 3.3.1, NTOWFv1. The JDK offers no MD4. */
    static byte[] hashOf(String password) {
        byte[] text = password.getBytes(StandardCharsets.UTF_16LE);
        var md4 = new MD4Digest();
        md4.update(text, 0, text.length);
        var hash = new byte[HASH];
        md4.doFinal(hash, 0);
        return hash;
    }

    private void put(String name, byte[] hash) {
        accounts.put(key(name), new Account(name, hash));
    }

    private static String key(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** Replaces the file at once: a crash leaves the old one or the new one. */
    private void write() throws IOException {
        if (file == null) {
            return;
        }
        var text = new StringBuilder();
        for (Account account : accounts.values()) {
            text.append(account.name)
                    .append(':')
                    .append(HexFormat.of().formatHex(account.ntHash))
                    .append('\n');
        }
        Path folder = java.util.Objects.requireNonNull(file.toAbsolutePath().getParent(), "the root is no file");
        Files.createDirectories(folder);
        Path temporary = Files.createTempFile(folder, ".users", null, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            Files.writeString(temporary, text, StandardCharsets.UTF_8, StandardOpenOption.SYNC);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
