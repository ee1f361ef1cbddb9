package dev.penstock.inference.gguf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Reads the header of a GGUF file. Every count and length is held against a limit and against what is left of the file before anything
 * is done with it, so that a damaged file costs at most a few hundred MiB and always ends in one {@link GgufException}.
 */
public final class GgufReader {
    private static final int MAGIC = 0x46554747; // "GGUF"
    /** The largest public models have a few thousand tensors; ten times that is room enough. */
    private static final int MAX_TENSORS = 1 << 16;
    /** Real files have 20 to 60 keys. */
    private static final int MAX_KEYS = 4096;
    /** Elements of all arrays together. A vocabulary of 262,144 tokens with scores, types and merges has about 1.3 million. */
    private static final int MAX_ELEMENTS = 1 << 22;
    /** Arrays of arrays are allowed by the format and used by nobody; two levels are enough to say so politely. */
    private static final int MAX_NESTING = 2;
    /** The longest strings are chat templates, of up to some 20 KiB. */
    private static final int MAX_TEXT = 1 << 20;
    /** Length of keys and tensor names; ggml itself stops at 64 for the latter. */
    private static final int MAX_NAME = 256;
    /** Largest size of one dimension. */
    private static final long MAX_DIMENSION = 1L << 40;
    /** What a file may ask for as alignment of its tensors; 32 is usual, a page is the most that makes sense. */
    private static final int MAX_ALIGNMENT = 1 << 16;

    private final HeaderCursor in;
    private int elements;

    private GgufReader(HeaderCursor in) {
        this.in = in;
    }

    /**
     * Reads the header.
     *
     * @throws GgufException where the file is not GGUF, is damaged, or goes beyond a limit
     * @throws IOException where the source fails
     */
    public static GgufFile read(ByteSource source) throws GgufException, IOException {
        return new GgufReader(new HeaderCursor(source)).file();
    }

    private GgufFile file() throws GgufException, IOException {
        if (in.remaining() < 24 || in.u32() != MAGIC) {
            throw new GgufException("not a GGUF file");
        }
        int version = in.u32();
        if (version != 2 && version != 3) {
            throw new GgufException(
                    Integer.reverseBytes(version) <= 3
                            ? "a big-endian GGUF file"
                            : "GGUF version " + Integer.toUnsignedString(version) + ", not 2 or 3");
        }
        int tensorCount = count("tensors", MAX_TENSORS);
        int keyCount = count("keys", MAX_KEYS);
        var values = new LinkedHashMap<String, GgufValue>();
        for (int i = 0; i < keyCount; i++) {
            String key = in.text(MAX_NAME);
            if (values.put(key, value(in.u32(), 0)) != null) {
                throw new GgufException("key " + key + " appears twice");
            }
        }
        var metadata = new Metadata(values);
        int alignment = metadata.whole("general.alignment", 8, MAX_ALIGNMENT, 32);
        if (Integer.bitCount(alignment) != 1) {
            throw new GgufException("general.alignment is " + alignment + ", not a power of two");
        }
        var relative = new ArrayList<TensorInfo>();
        for (int i = 0; i < tensorCount; i++) {
            relative.add(tensor(alignment));
        }
        long dataStart = (in.position() + alignment - 1) & -alignment;
        return new GgufFile(version, metadata, place(relative, dataStart, in.size()), dataStart);
    }

    private int count(String what, int limit) throws GgufException, IOException {
        long count = in.u64();
        if (count < 0 || count > limit) {
            throw new GgufException("the file says that it has " + Long.toUnsignedString(count) + " " + what);
        }
        return (int) count;
    }

    private GgufValue value(int type, int nesting) throws GgufException, IOException {
        return switch (type) {
            case 0 -> new GgufValue.Whole(in.u8());
            case 1 -> new GgufValue.Whole((byte) in.u8());
            case 2 -> new GgufValue.Whole(in.u16());
            case 3 -> new GgufValue.Whole((short) in.u16());
            case 4 -> new GgufValue.Whole(Integer.toUnsignedLong(in.u32()));
            case 5 -> new GgufValue.Whole(in.u32());
            case 6 -> new GgufValue.Real(Float.intBitsToFloat(in.u32()));
            case 7 -> new GgufValue.Flag(flag());
            case 8 -> new GgufValue.Text(in.text(MAX_TEXT));
            case 9 -> sequence(nesting);
            case 10 -> new GgufValue.Whole(unsigned());
            case 11 -> new GgufValue.Whole(in.u64());
            case 12 -> new GgufValue.Real(Double.longBitsToDouble(in.u64()));
            default -> throw new GgufException("a value of type " + Integer.toUnsignedString(type));
        };
    }

    private boolean flag() throws GgufException, IOException {
        int value = in.u8();
        if (value > 1) {
            throw new GgufException("a boolean of " + value);
        }
        return value == 1;
    }

    private long unsigned() throws GgufException, IOException {
        long value = in.u64();
        if (value < 0) {
            throw new GgufException("an integer of " + Long.toUnsignedString(value));
        }
        return value;
    }

    private GgufValue sequence(int nesting) throws GgufException, IOException {
        if (nesting == MAX_NESTING) {
            throw new GgufException("arrays nested more than " + MAX_NESTING + " deep");
        }
        int type = in.u32();
        int length = count("array elements", MAX_ELEMENTS);
        elements += length;
        // Every element takes a byte at least, so the list below cannot outgrow the file either.
        if (elements > MAX_ELEMENTS || length > in.remaining()) {
            throw new GgufException("arrays of more elements than the file or the limit of " + MAX_ELEMENTS + " holds");
        }
        var values = new ArrayList<GgufValue>();
        for (int i = 0; i < length; i++) {
            values.add(value(type, nesting + 1));
        }
        return new GgufValue.Sequence(values);
    }

    /** One tensor with its offset still relative to the start of the data. */
    private TensorInfo tensor(int alignment) throws GgufException, IOException {
        String name = in.text(MAX_NAME);
        int dimensions = in.u32();
        if (dimensions < 1 || dimensions > 4) {
            throw new GgufException(name + " has " + Integer.toUnsignedString(dimensions) + " dimensions");
        }
        long[] ne = {1, 1, 1, 1};
        for (int d = 0; d < dimensions; d++) {
            ne[d] = in.u64();
            if (ne[d] < 1 || ne[d] > MAX_DIMENSION) {
                throw new GgufException(name + " has a dimension of " + Long.toUnsignedString(ne[d]));
            }
        }
        int typeId = in.u32();
        TensorType type = TensorType.of(typeId);
        if (type == null) {
            throw new GgufException(name + " is of type " + Integer.toUnsignedString(typeId) + ", which is not known");
        }
        if (ne[0] % type.blockElements() != 0) {
            throw new GgufException(name + " has rows of " + ne[0] + " elements, not whole blocks of " + type);
        }
        long offset = in.u64();
        if (offset < 0 || offset % alignment != 0) {
            throw new GgufException(name + " begins at " + Long.toUnsignedString(offset) + ", not aligned");
        }
        long bytes;
        try {
            bytes = Math.multiplyExact(Math.multiplyExact(type.bytes(ne[0]), ne[1]), Math.multiplyExact(ne[2], ne[3]));
        } catch (ArithmeticException e) {
            throw new GgufException(name + " is larger than any file");
        }
        return new TensorInfo(name, type, dimensions, ne[0], ne[1], ne[2], ne[3], offset, bytes);
    }

    private static List<TensorInfo> place(List<TensorInfo> relative, long dataStart, long fileSize)
            throws GgufException {
        var names = new HashSet<String>();
        var placed = new ArrayList<TensorInfo>();
        long room = fileSize - dataStart;
        for (TensorInfo t : relative) {
            if (!names.add(t.name())) {
                throw new GgufException("tensor " + t.name() + " appears twice");
            }
            if (t.bytes() > room || t.offset() > room - t.bytes()) {
                throw new GgufException(t.name() + " lies outside the file: is the file complete?");
            }
            placed.add(new TensorInfo(
                    t.name(),
                    t.type(),
                    t.dimensions(),
                    t.ne0(),
                    t.ne1(),
                    t.ne2(),
                    t.ne3(),
                    dataStart + t.offset(),
                    t.bytes()));
        }
        var byOffset = new ArrayList<>(placed);
        byOffset.sort(Comparator.comparingLong(TensorInfo::offset));
        for (int i = 1; i < byOffset.size(); i++) {
            TensorInfo before = byOffset.get(i - 1);
            if (before.offset() + before.bytes() > byOffset.get(i).offset()) {
                throw new GgufException(
                        before.name() + " and " + byOffset.get(i).name() + " overlap");
            }
        }
        return placed;
    }
}
