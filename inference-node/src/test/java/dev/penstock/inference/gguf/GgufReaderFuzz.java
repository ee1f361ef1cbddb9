package dev.penstock.inference.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

class GgufReaderFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreReadOrRefused(byte[] bytes) throws IOException {
        try {
            GgufFile file = GgufReader.read(ByteSource.of(MemorySegment.ofArray(bytes)));
            for (TensorInfo tensor : file.tensors()) {
                assertThat(tensor.offset() + tensor.bytes()).isBetween(0L, (long) bytes.length);
            }
        } catch (GgufException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }
}
