package dev.penstock.inference.gguf;

/**
 * One tensor of a file.
 *
 * @param dimensions 1 to 4; sizes beyond are 1
 * @param ne0 elements per row, contiguous in the file
 * @param ne1 rows
 * @param offset of the first byte in the file
 * @param bytes length in the file
 */
public record TensorInfo(
        String name, TensorType type, int dimensions, long ne0, long ne1, long ne2, long ne3, long offset, long bytes) {
    /** Bytes of one row. */
    public long rowBytes() {
        return type.bytes(ne0);
    }

    /** How many numbers it holds. */
    public long elements() {
        return ne0 * ne1 * ne2 * ne3;
    }

    /** For people: {@code Q8_0 [4096, 32000]}. */
    public String shape() {
        var text = new StringBuilder(type.name()).append(" [").append(ne0);
        long[] further = {ne1, ne2, ne3};
        for (int d = 1; d < dimensions; d++) {
            text.append(", ").append(further[d - 1]);
        }
        return text.append(']').toString();
    }
}
