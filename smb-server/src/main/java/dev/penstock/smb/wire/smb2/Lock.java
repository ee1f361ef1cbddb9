package dev.penstock.smb.wire.smb2;

import dev.penstock.smb.wire.MalformedMessage;
import dev.penstock.smb.wire.WireReader;
import dev.penstock.smb.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** LOCK. [MS-SMB2] 2.2.26 request, 2.2.27 response. */
public final class Lock {
    /** Flags: others may lock it shared too. */
    public static final int SHARED_LOCK = 0x1;

    /** Flags: nobody else may lock it. */
    public static final int EXCLUSIVE_LOCK = 0x2;

    /** Flags: give it up. */
    public static final int UNLOCK = 0x4;

    /** Flags: do not wait. */
    public static final int FAIL_IMMEDIATELY = 0x10;

    /** Ranges in one request; Windows' limit is 64. */
    public static final int MAX_ELEMENTS = 64;

    private static final int REQUEST_SIZE = 48;
    private static final int ELEMENT = 24;

    private Lock() {}

    /** One range. Offset and length are unsigned. */
    public record Element(long offset, long length, int flags) {
        /** True where the flag is set. */
        public boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /**
     * The request.
     *
     * @param lockSequence number in the low 4 bits, index in the others
     */
    public record Request(int lockSequence, FileId file, List<Element> elements) implements Smb2Request {
        static Request decode(WireReader body) throws MalformedMessage {
            Smb2Request.structureSize(body, REQUEST_SIZE);
            int count = body.u16(2);
            WireReader.require(count <= MAX_ELEMENTS, "LockCount");
            var elements = new ArrayList<Element>();
            for (int i = 0; i < count; i++) {
                int at = 24 + i * ELEMENT;
                elements.add(new Element(body.i64(at), body.i64(at + 8), body.i32(at + 16)));
            }
            return new Request(body.i32(4), FileId.decode(body, 8), List.copyOf(elements));
        }

        @Override
        public Command command() {
            return Command.LOCK;
        }

        @Override
        public void encode(WireWriter out) {
            out.u16(REQUEST_SIZE).u16(elements.size()).i32(lockSequence);
            file.encode(out);
            for (Element element : elements) {
                out.i64(element.offset).i64(element.length).i32(element.flags).i32(0);
            }
        }
    }

    /** The response. */
    public record Response() implements Smb2Response {
        @Override
        public void encode(WireWriter out) {
            Smb2Response.encodeEmpty(out);
        }
    }
}
