package dev.penstock.inference.gguf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the header of a GGUF file says, checked: every tensor lies within the file, aligned, and overlaps no other. */
public final class GgufFile {
    private final int version;
    private final Metadata metadata;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final long headerBytes;

    GgufFile(int version, Metadata metadata, List<TensorInfo> tensors, long headerBytes) {
        this.version = version;
        this.metadata = metadata;
        this.headerBytes = headerBytes;
        for (TensorInfo tensor : tensors) {
            this.tensors.put(tensor.name(), tensor);
        }
    }

    /** 2 or 3. */
    public int version() {
        return version;
    }

    /** The key-value part. */
    public Metadata metadata() {
        return metadata;
    }

    /** All tensors, in the order of the file. */
    public List<TensorInfo> tensors() {
        return List.copyOf(tensors.values());
    }

    /** The tensor of a name, or null. */
    public @Nullable TensorInfo tensor(String name) {
        return tensors.get(name);
    }

    /** Bytes before the tensors' data. */
    public long headerBytes() {
        return headerBytes;
    }
}
