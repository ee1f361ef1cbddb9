package dev.penstock.tools;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A media file that any player plays: four seconds of a rising tone, as 16-bit stereo PCM in a WAV file. */
final class SampleMedia {
    private static final int RATE = 48_000;
    private static final int SECONDS = 4;
    private static final int CHANNELS = 2;
    private static final int SAMPLE = 2;

    private SampleMedia() {}

    static void write(Path file) throws IOException {
        int dataBytes = RATE * SECONDS * CHANNELS * SAMPLE;
        var out = ByteBuffer.allocate(44 + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(tag("RIFF")).putInt(36 + dataBytes).put(tag("WAVE"));
        out.put(tag("fmt "))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) CHANNELS)
                .putInt(RATE);
        out.putInt(RATE * CHANNELS * SAMPLE)
                .putShort((short) (CHANNELS * SAMPLE))
                .putShort((short) (8 * SAMPLE));
        out.put(tag("data")).putInt(dataBytes);
        double phase = 0;
        for (int i = 0; i < RATE * SECONDS; i++) {
            double hertz = 220 * Math.pow(2, 2.0 * i / (RATE * SECONDS));
            phase += 2 * Math.PI * hertz / RATE;
            short value = (short) (8000 * Math.sin(phase));
            out.putShort(value).putShort(value);
        }
        Files.write(file, out.array());
    }

    private static byte[] tag(String four) {
        return four.getBytes(StandardCharsets.US_ASCII);
    }
}
