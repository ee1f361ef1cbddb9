package dev.penstock.smb.crypto;

import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bytes per second of each algorithm over messages of 1 MiB off the heap, on one thread. */
@Tag("benchmark")
public class CipherBenchmark {
    private static final int SIZE = 1 << 20;
    private static final long NANOS = 1_000_000_000L;

    @Test
    void all() {
        main(new String[0]);
    }

    public static void main(String[] args) {
        if (args.length > 0) {
            long start = System.nanoTime();
            CipherWarmUp.run();
            System.out.printf("warm-up: %d ms%n", (System.nanoTime() - start) / 1_000_000);
        }
        List<ByteBuffer> message = List.of(ByteBuffer.allocateDirect(128), ByteBuffer.allocateDirect(SIZE));
        var out = ByteBuffer.allocateDirect(SIZE + 128);
        var role = new long[1];
        for (int round = 0; round < 3; round++) {
            for (int algorithm : new int[] {NegotiateContext.SIGN_AES_CMAC, NegotiateContext.SIGN_AES_GMAC}) {
                var signer = MessageSigner.of(algorithm, new byte[16]);
                report(
                        algorithm == 1 ? "CMAC" : "GMAC",
                        () -> signer.sign(message, new MessageSigner.Role(role[0]++, true, false)));
            }
            for (int algorithm = 1; algorithm <= 4; algorithm++) {
                var cipher = MessageCipher.of(algorithm, new byte[algorithm > 2 ? 32 : 16]);
                String name = new String[] {"", "CCM-128", "GCM-128", "CCM-256", "GCM-256"}[algorithm];
                report(name + " encrypt", () -> {
                    byte[] nonce = new byte[cipher.nonceSize()];
                    ByteBuffer.wrap(nonce).putLong(role[0]++);
                    cipher.encrypt(nonce, new byte[32], message, out.clear());
                });
                byte[] nonce = new byte[cipher.nonceSize()];
                ByteBuffer.wrap(nonce).putLong(-1);
                byte[] tag = cipher.encrypt(nonce, new byte[32], message, out.clear());
                out.flip();
                var back = ByteBuffer.allocateDirect(SIZE + 128);
                report(name + " decrypt", () -> {
                    if (!cipher.decrypt(nonce, new byte[32], out, tag, back.clear())) {
                        throw new AssertionError();
                    }
                });
            }
        }
    }

    private static void report(String name, Runnable one) {
        long start = System.nanoTime();
        long first = 0;
        int count = 0;
        do {
            one.run();
            if (count++ == 0) {
                first = System.nanoTime() - start;
            }
        } while (System.nanoTime() - start < NANOS / 2);
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%-16s %7.0f MB/s, first %.1f ms%n", name, count * (double) SIZE / 1e6 / seconds, first / 1e6);
    }
}
