package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the names in a folder one by one, without {@code .} and {@code ..}, however many there are, and what there is to know of each,
 * without opening it. Has a position of its own; one thread at a time. All memory for the calls is taken once, since a listing makes
 * three of them for each of ten thousand names.
 */
public final class FolderReader implements AutoCloseable {
    private static final long NAME = Native.MAC ? 21 : 19;

    /** d_type, before the name on both systems. */
    private static final long TYPE = NAME - 1;

    private static final byte UNKNOWN = 0;
    private static final byte FOLDER = 4;

    /** APFS takes 255 characters of up to three bytes, Linux 255 bytes. */
    private static final int MOST_NAME_BYTES = 1024;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Native.errnoState(arena);
    private final byte[] bytes = new byte[MOST_NAME_BYTES];
    private final FileHandle folder;
    private final int descriptor;
    private final boolean direct;
    private MemorySegment stream;
    private @Nullable EntryCalls calls;
    private String name = "";
    private byte type;
    private @Nullable List<String> attributes;

    /** Starts at the first name. The folder's handle stays the caller's, who keeps it open. */
    public FolderReader(FileHandle folder) throws PosixException {
        this(folder, EntryCalls.HAS_AT);
    }

    FolderReader(FileHandle folder, boolean direct) throws PosixException {
        this.folder = folder;
        this.direct = direct;
        FileHandle own = Posix.openFolder(folder, ".");
        try {
            // The stream takes the descriptor over and closes it with itself.
            descriptor = own.begin();
            stream = (MemorySegment) Native.FDOPENDIR.invokeExact(state, descriptor);
            if (stream.address() == 0) {
                int errno = Native.errno(state);
                own.end();
                own.close();
                throw new PosixException("opendir", errno);
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        }
    }

    /**
     * The next name, or null at the end; {@link #stat} and {@link #attributes} are this one's then. Names that are not UTF-8 cannot be shown
     * to a client and are passed over.
     */
    public @Nullable String next() throws PosixException {
        try {
            while (true) {
                var entry = (MemorySegment) Native.READDIR.invokeExact(state, stream);
                if (entry.address() == 0) {
                    return null;
                }
                String found = name(entry.address() + NAME);
                if (found != null && !found.equals(".") && !found.equals("..")) {
                    name = found;
                    type = Native.memory().get(JAVA_BYTE, entry.address() + TYPE);
                    attributes = null;
                    return found;
                }
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        }
    }

    private @Nullable String name(long address) {
        MemorySegment memory = Native.memory();
        int length = 0;
        for (byte b = memory.get(JAVA_BYTE, address); b != 0; b = memory.get(JAVA_BYTE, address + length)) {
            bytes[length++] = b;
        }
        var decoded = new String(bytes, 0, length, StandardCharsets.UTF_8);
        // What stands for bytes that are not UTF-8 may also be in a name.
        return decoded.indexOf('\uFFFD') < 0 || isUtf8(length) ? decoded : null;
    }

    private boolean isUtf8(int length) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /** Whether the entry that was read last is a folder, mostly without asking the file system for more. */
    public boolean isFolder() throws PosixException {
        return type == UNKNOWN ? stat().isFolder() : type == FOLDER;
    }

    /** Turns to a name that is known, whether or not it is there; {@link #next} goes on where it was. */
    public void turnTo(String known) {
        name = known;
        attributes = null;
    }

    /** What the file system says of the entry; of the link itself where it is one. */
    public FileStat stat() throws PosixException {
        return calls().stat(name);
    }

    /** The names of the entry's extended attributes that begin with {@code user.}, read once. */
    public List<String> attributes() throws PosixException {
        List<String> known = attributes;
        if (known == null) {
            known = Native.MAC ? Attributes.names(folder, name, EntryCalls.NAMESPACE) : calls().attributes(name);
            attributes = known;
        }
        return known;
    }

    /**
     * An attribute of the entry, of at most {@code limit} bytes; null where there is none, or it may not be read. Costs nothing where
     * {@link #attributes} says that there is none.
     */
    public byte @Nullable [] attribute(String key, int limit) throws PosixException {
        if (!attributes().contains(key)) {
            return null;
        }
        return Native.MAC ? Posix.attribute(folder, name, key, limit) : calls().attribute(name, key, limit);
    }

    private EntryCalls calls() {
        EntryCalls made = calls;
        if (made == null) {
            made = new EntryCalls(arena, state, descriptor, direct);
            calls = made;
        }
        return made;
    }

    /** Starts again at the first name, with what the folder holds by now. */
    public void rewind() {
        try {
            Native.REWINDDIR.invokeExact(state, stream);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            int ignored = (int) Native.CLOSEDIR.invokeExact(state, stream);
            assert ignored <= 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            stream = MemorySegment.NULL;
        }
    }
}
