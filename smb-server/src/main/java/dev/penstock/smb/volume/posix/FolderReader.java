package dev.penstock.smb.volume.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the names in a folder one by one, without {@code .} and {@code ..}, however many there are. Has a position of its own; one thread
 * at a time.
 */
public final class FolderReader implements AutoCloseable {
    private static final long NAME = Native.MAC ? 21 : 19;
    private static final long RECORD_LENGTH = 16;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Native.errnoState(arena);
    private MemorySegment stream;

    /** Starts at the first name. */
    public FolderReader(FileHandle folder) throws PosixException {
        FileHandle own = Posix.openFolder(folder, ".");
        try {
            // The stream takes the descriptor over and closes it with itself.
            stream = (MemorySegment) Native.FDOPENDIR.invokeExact(state, own.begin());
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

    /** The next name, or null at the end. Names that are not UTF-8 cannot be shown to a client and are passed over. */
    public @Nullable String next() throws PosixException {
        try {
            while (true) {
                var entry = (MemorySegment) Native.READDIR.invokeExact(state, stream);
                if (entry.address() == 0) {
                    return null;
                }
                int length = Short.toUnsignedInt(Native.sized(entry, NAME).get(JAVA_SHORT, RECORD_LENGTH));
                String name = name(Native.sized(entry, length));
                if (name != null && !name.equals(".") && !name.equals("..")) {
                    return name;
                }
            }
        } catch (Throwable e) {
            throw Posix.rethrown(e);
        }
    }

    private static @Nullable String name(MemorySegment entry) {
        int end = 0;
        while (entry.get(JAVA_BYTE, NAME + end) != 0) {
            end++;
        }
        byte[] bytes = entry.asSlice(NAME, end).toArray(JAVA_BYTE);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            return null;
        }
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
