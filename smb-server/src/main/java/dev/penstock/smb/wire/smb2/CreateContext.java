package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.Span;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * One create context, undecoded. [MS-SMB2] 2.2.13.2.
 *
 * @param name one character per byte: four letters, or the 16 bytes of a GUID
 */
public record CreateContext(String name, Blob data) {
    /** Clients send up to nine; more than this is an attack or a defect. */
    public static final int MAX_CONTEXTS = 32;

    private static final int FIXED = 16; // Next, NameOffset, NameLength, Reserved, DataOffset, DataLength

    static List<CreateContext> decodeList(WireReader list) throws MalformedMessage {
        var contexts = new ArrayList<CreateContext>();
        int at = 0;
        while (at < list.size()) {
            WireReader.require(contexts.size() < MAX_CONTEXTS, "too many create contexts");
            long next = list.u32(at);
            WireReader.require((next & 7) == 0 && next <= list.size() - at, "create context's Next");
            long length = next == 0 ? list.size() - at : next;
            WireReader one = list.slice(list.span(at, length));
            int nameLength = one.u16(6);
            WireReader.require(nameLength >= 4, "create context's NameLength");
            Span name = one.span(one.u16(4), nameLength);
            Span data = one.span(one.u16(10), one.u32(12));
            contexts.add(new CreateContext(one.latin1(name), one.blob(data)));
            if (next == 0) {
                break;
            }
            at += (int) next;
        }
        return List.copyOf(contexts);
    }

    static void encodeList(List<CreateContext> contexts, WireWriter out) {
        for (int i = 0; i < contexts.size(); i++) {
            CreateContext context = contexts.get(i);
            int start = out.position();
            int nameLength = context.name.length();
            int dataOffset = context.data.isEmpty() ? 0 : FIXED + (nameLength + 7 & -8);
            out.i32(0)
                    .u16(FIXED)
                    .u16(nameLength)
                    .u16(0)
                    .u16(dataOffset)
                    .i32(context.data.length())
                    .latin1(context.name);
            if (!context.data.isEmpty()) {
                out.align(start, 8).blob(context.data);
            }
            if (i < contexts.size() - 1) {
                out.align(start, 8);
                out.patch32(start, out.position() - start);
            }
        }
    }
}
