package dev.penstock.smb.crypto;

import dev.penstock.smb.wire.smb2.NegotiateContext;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs the ciphers until they are compiled. The JDK's intrinsics take effect only in compiled code, and a server's first messages are few
 * and long: without this, the first hundred megabytes are signed at the pace of the interpreter.
 */
public final class CipherWarmUp {
    /** Calls after which the JIT's second tier has compiled what is called. */
    private static final int CALLS = 8_000;

    /** The JDK has another way for short messages: these are long enough for the one that matters. */
    private static final int LENGTH = 16 << 10;

    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private CipherWarmUp() {}

    /** Takes a second or so of one thread, once per process. */
    public static void run() {
        if (!STARTED.compareAndSet(false, true)) {
            return;
        }
        List<ByteBuffer> message = List.of(ByteBuffer.allocate(124), ByteBuffer.allocateDirect(LENGTH));
        ByteBuffer out = ByteBuffer.allocateDirect(124 + LENGTH);
        byte[] associated = new byte[32];
        for (int algorithm : new int[] {NegotiateContext.SIGN_AES_CMAC, NegotiateContext.SIGN_AES_GMAC}) {
            MessageSigner signer = MessageSigner.of(algorithm, new byte[16]);
            for (int i = 0; i < CALLS; i++) {
                signer.sign(message, new MessageSigner.Role(i, true, false));
            }
        }
        for (int algorithm : new int[] {NegotiateContext.AES_128_GCM, NegotiateContext.AES_128_CCM}) {
            MessageCipher cipher = MessageCipher.of(algorithm, new byte[16]);
            for (int i = 0; i < CALLS; i++) {
                byte[] nonce = new byte[cipher.nonceSize()];
                ByteBuffer.wrap(nonce).putInt(i);
                byte[] tag = cipher.encrypt(nonce, associated, message, out.clear());
                cipher.decrypt(nonce, associated, out.flip(), tag, out.duplicate());
            }
        }
    }
}
