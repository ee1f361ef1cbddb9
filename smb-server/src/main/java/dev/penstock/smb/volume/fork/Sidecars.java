package dev.penstock.smb.volume.fork;

import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.Extents;
import dev.penstock.smb.volume.posix.FileHandle;
import dev.penstock.smb.volume.posix.FileStat;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The hidden folder of a folder, and the files in it. Stateless. */
public final class Sidecars {
    /** The hidden folder's name. No client sees it or can name it. */
    public static final String FOLDER = ".penstock";

    private static final Logger LOG = LoggerFactory.getLogger(Sidecars.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int FOLDER_MODE = 0700;
    private static final int FILE_MODE = 0600;
    private static final int TOKEN_BYTES = 16;

    private Sidecars() {}

    /** Whether a name on disk is the hidden folder's, however it is spelt. */
    public static boolean isHidden(String name) {
        return name.equalsIgnoreCase(FOLDER);
    }

    /** A name, after what all its like begin with, for what is to take a file's place in a moment. */
    public static String temporary(String token) {
        return FOLDER + '.' + token;
    }

    /** Whether a name on disk is the server's own: the hidden folder's, or a temporary one. */
    public static boolean isOwn(String name) {
        return isHidden(name) || name.toLowerCase(Locale.ROOT).startsWith(temporary(""));
    }

    /** Makes an empty sidecar. */
    static Made make(FileHandle home) throws PosixException {
        var bytes = new byte[TOKEN_BYTES];
        RANDOM.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        try (FileHandle folder = openOrMake(home)) {
            return new Made(token, Posix.open(folder, token, true, Posix.Creation.ALWAYS, FILE_MODE));
        }
    }

    record Made(String token, FileHandle file) {}

    private static FileHandle openOrMake(FileHandle home) throws PosixException {
        try {
            Posix.makeFolder(home, FOLDER, FOLDER_MODE);
        } catch (PosixException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
        return Posix.openFolder(home, FOLDER);
    }

    static FileHandle open(FileHandle home, String token) throws PosixException {
        try (FileHandle folder = Posix.openFolder(home, FOLDER)) {
            return Posix.open(folder, token, true, Posix.Creation.NEVER, 0);
        }
    }

    /** Null where the sidecar is not there. */
    static @Nullable FileStat stat(FileHandle home, String token) throws PosixException {
        try (FileHandle folder = Posix.openFolder(home, FOLDER)) {
            return Posix.stat(folder, token);
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    /** A copy under a name of its own, which shares blocks where the file system can. */
    static Made copy(FileHandle home, FileHandle original) throws PosixException {
        Made made = make(home);
        Extents.copy(original, 0, made.file, 0, Posix.stat(original).size());
        return made;
    }

    /** Removes a sidecar, unless something else in the folder points to it. */
    static void drop(FileHandle home, String token) throws PosixException {
        if (isShared(home, token, null)) {
            return;
        }
        try (FileHandle folder = Posix.openFolder(home, FOLDER)) {
            Posix.remove(folder, token, false);
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /**
     * Whether something in the folder points to a sidecar.
     *
     * @param but the file that is known to, and does not count; null for none
     */
    static boolean isShared(FileHandle home, String token, @Nullable FileStat but) throws PosixException {
        try (var reader = new FolderReader(home)) {
            for (String name = reader.next(); name != null; name = reader.next()) {
                if (pointsTo(home, name, token, but)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean pointsTo(FileHandle home, String name, String token, @Nullable FileStat but)
            throws PosixException {
        try {
            if (!Slots.anyPointsTo(home, name, token)) {
                return false;
            }
            FileStat stat = Posix.stat(home, name);
            return but == null || stat.inode() != but.inode() || stat.device() != but.device();
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES) {
                return false;
            }
            throw e;
        }
    }

    /** Gives a sidecar a second link in another folder. */
    static void link(FileHandle home, String token, FileHandle to) throws PosixException {
        try (FileHandle from = Posix.openFolder(home, FOLDER);
                FileHandle target = openOrMake(to)) {
            Posix.link(from, token, target, token);
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                LOG.warn("a stream's data is missing: sidecar {}", token);
            } else if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    /**
     * Brings a sidecar to another folder, where the file that points to it is by now; false where it is not here. Where something here
     * still points to it, too, that one keeps it, and the other gets a copy.
     */
    public static boolean adopt(FileHandle from, String token, FileHandle to) throws PosixException {
        if (stat(from, token) == null) {
            return false;
        }
        try (FileHandle folder = Posix.openFolder(from, FOLDER);
                FileHandle target = openOrMake(to)) {
            if (!isShared(from, token, null)) {
                Posix.rename(folder, token, target, token, false);
                return true;
            }
            try (FileHandle original = Posix.open(folder, token, false, Posix.Creation.NEVER, 0);
                    FileHandle copy = Posix.open(target, token, true, Posix.Creation.ALWAYS, FILE_MODE)) {
                Extents.copy(original, 0, copy, 0, Posix.stat(original).size());
            }
            return true;
        }
    }

    /** Removes the hidden folder of a folder that is about to be removed: all that was in it has gone before. */
    public static void clear(FileHandle home) throws PosixException {
        try (FileHandle folder = Posix.openFolder(home, FOLDER)) {
            try (var reader = new FolderReader(folder)) {
                for (String name = reader.next(); name != null; name = reader.next()) {
                    LOG.info("a sidecar to which nothing points goes with its folder: {}", name);
                    Posix.remove(folder, name, false);
                }
            }
            Posix.remove(home, FOLDER, true);
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Waits until a sidecar's name is on stable storage. */
    static void syncNames(FileHandle home) throws PosixException {
        try (FileHandle folder = Posix.openFolder(home, FOLDER)) {
            Posix.sync(folder);
        }
    }
}
