package dev.penstock.smb.wire.smb2;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import java.util.List;

/** The contexts of leases and durable handles: whatever is in them, they are read or refused. */
class CachingContextFuzz {
    private static final List<String> NAMES = List.of(
            LeaseContext.NAME,
            DurableContext.REQUEST,
            DurableContext.RECONNECT,
            DurableContext.REQUEST_V2,
            DurableContext.RECONNECT_V2);

    @FuzzTest(maxDuration = "2m")
    void anyBytesAreReadOrRefused(byte[] bytes) {
        Blob data = Blob.of(bytes);
        try {
            LeaseContext.decode(data);
        } catch (MalformedMessage _) {
            // Refused.
        }
        for (String name : NAMES) {
            try {
                DurableContext.of(new Create.Request(0, 0, 0, 0, 0, 0, 0, "", List.of(new CreateContext(name, data))));
            } catch (MalformedMessage _) {
                // Refused.
            }
        }
    }
}
