package dev.penstock.inference.gguf;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Writes GGUF version 3. Keys and tensors are declared first; the contents are then asked for a few MiB at a time. */
public final class GgufWriter {
    private static final int ALIGNMENT = 32;
    /** Bytes of rows asked for at a time. */
    private static final int CHUNK = 8 << 20;

    /** Where the tensors' numbers come from. */
    public interface Contents {
        /**
         * Fills whole rows of a tensor.
         *
         * @param firstRow number of the first row wanted
         * @param rows as many rows as fit into it exactly
         */
        void fill(TensorInfo tensor, long firstRow, MemorySegment rows);
    }

    private final ByteArrayOutputStream keyBytes = new ByteArrayOutputStream();
    private final DataOutputStream keys = new DataOutputStream(keyBytes);
    private final List<TensorInfo> tensors = new ArrayList<>();
    private int keyCount;
    private long dataBytes;

    /** A string. */
    public GgufWriter text(String key, String value) {
        return key(key, 8, () -> writeText(value));
    }

    /** An unsigned 32-bit integer. */
    public GgufWriter u32(String key, int value) {
        return key(key, 4, () -> writeInt(value));
    }

    /** A 32-bit float. */
    public GgufWriter f32(String key, float value) {
        return key(key, 6, () -> writeInt(Float.floatToRawIntBits(value)));
    }

    /** A boolean. */
    public GgufWriter flag(String key, boolean value) {
        return key(key, 7, () -> keys.writeByte(value ? 1 : 0));
    }

    /** An array of strings. */
    public GgufWriter texts(String key, List<String> values) {
        return array(key, 8, values.size(), () -> {
            for (String value : values) {
                writeText(value);
            }
        });
    }

    /** An array of signed 32-bit integers. */
    public GgufWriter i32s(String key, int[] values) {
        return array(key, 5, values.length, () -> {
            for (int value : values) {
                writeInt(value);
            }
        });
    }

    /** An array of 32-bit floats. */
    public GgufWriter f32s(String key, float[] values) {
        return array(key, 6, values.length, () -> {
            for (float value : values) {
                writeInt(Float.floatToRawIntBits(value));
            }
        });
    }

    /** Declares a vector, which is a tensor of one dimension. */
    public GgufWriter vector(String name, TensorType type, long elements) {
        return declare(name, type, 1, elements, 1);
    }

    /** Declares a matrix of {@code rows} rows of {@code columns} elements. */
    public GgufWriter matrix(String name, TensorType type, long columns, long rows) {
        return declare(name, type, 2, columns, rows);
    }

    /** Bytes of all tensors declared so far. */
    public long dataBytes() {
        return dataBytes;
    }

    /**
     * Writes the file, under another name until it is complete.
     *
     * @param progress told the bytes of contents written so far
     */
    public void write(Path file, Contents contents, LongConsumer progress) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (var channel = FileChannel.open(
                            part,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE);
                    var arena = Arena.ofShared()) {
                long dataStart = writeAll(channel, ByteBuffer.wrap(header()), 0);
                MemorySegment chunk = arena.allocate(CHUNK, 64);
                for (TensorInfo tensor : tensors) {
                    writeTensor(channel, dataStart, tensor, contents, chunk);
                    progress.accept(tensor.offset() + tensor.bytes());
                }
                // The last tensor's padding is part of the file too.
                if (channel.size() < dataStart + dataBytes) {
                    writeAll(channel, ByteBuffer.allocate(1), dataStart + dataBytes - 1);
                }
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void writeTensor(
            FileChannel channel, long dataStart, TensorInfo tensor, Contents contents, MemorySegment chunk)
            throws IOException {
        long rowBytes = tensor.rowBytes();
        long perChunk = CHUNK / rowBytes;
        if (perChunk == 0) {
            throw new IllegalArgumentException(tensor.name() + " has rows of more than " + CHUNK + " bytes");
        }
        for (long row = 0; row < tensor.ne1(); row += perChunk) {
            MemorySegment rows = chunk.asSlice(0, Math.min(perChunk, tensor.ne1() - row) * rowBytes);
            contents.fill(tensor, row, rows);
            writeAll(channel, rows.asByteBuffer(), dataStart + tensor.offset() + row * rowBytes);
        }
    }

    private static long writeAll(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
        return position;
    }

    private byte[] header() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(0x47475546); // "GGUF", here in the order of its letters
        out.writeInt(Integer.reverseBytes(3));
        out.writeLong(Long.reverseBytes(tensors.size()));
        out.writeLong(Long.reverseBytes(keyCount));
        out.write(keyBytes.toByteArray());
        for (TensorInfo t : tensors) {
            byte[] name = t.name().getBytes(StandardCharsets.UTF_8);
            out.writeLong(Long.reverseBytes(name.length));
            out.write(name);
            out.writeInt(Integer.reverseBytes(t.dimensions()));
            out.writeLong(Long.reverseBytes(t.ne0()));
            if (t.dimensions() > 1) {
                out.writeLong(Long.reverseBytes(t.ne1()));
            }
            out.writeInt(Integer.reverseBytes(t.type().id()));
            out.writeLong(Long.reverseBytes(t.offset()));
        }
        while (bytes.size() % ALIGNMENT != 0) {
            out.writeByte(0);
        }
        return bytes.toByteArray();
    }

    private GgufWriter declare(String name, TensorType type, int dimensions, long ne0, long ne1) {
        if (ne0 % type.blockElements() != 0) {
            throw new IllegalArgumentException(name + ": " + ne0 + " columns are not whole blocks of " + type);
        }
        long bytes = Math.multiplyExact(type.bytes(ne0), ne1);
        tensors.add(new TensorInfo(name, type, dimensions, ne0, ne1, 1, 1, dataBytes, bytes));
        dataBytes = (Math.addExact(dataBytes, bytes) + ALIGNMENT - 1) & -ALIGNMENT;
        return this;
    }

    private interface Writing {
        void run() throws IOException;
    }

    private GgufWriter key(String key, int type, Writing value) {
        try {
            writeText(key);
            writeInt(type);
            value.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the stream is in memory
        }
        keyCount++;
        return this;
    }

    private GgufWriter array(String key, int elementType, int length, Writing elements) {
        return key(key, 9, () -> {
            writeInt(elementType);
            keys.writeLong(Long.reverseBytes(length));
            elements.run();
        });
    }

    private void writeInt(int value) throws IOException {
        keys.writeInt(Integer.reverseBytes(value));
    }

    private void writeText(String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        keys.writeLong(Long.reverseBytes(bytes.length));
        keys.write(bytes);
    }
}
