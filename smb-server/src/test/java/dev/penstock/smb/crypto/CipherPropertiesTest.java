package dev.penstock.smb.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.CMac;
import org.bouncycastle.crypto.macs.GMac;
import org.bouncycastle.crypto.modes.AEADBlockCipher;
import org.bouncycastle.crypto.modes.CCMBlockCipher;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.junit.jupiter.api.Test;

/** Published vectors, and comparison with an independent implementation over random lengths and cuts. */
class CipherPropertiesTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final int[] LENGTHS = {1, 15, 16, 17, 64, 127, 4096, 16383, 16384, 16385, 32768, 100_001};

    private final long seed = Long.getLong("penstock.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void cmacGivesTheVectorsOfRfc4493() {
        byte[] key = HEX.parseHex("2b7e151628aed2a6abf7158809cf4f3c");
        byte[] text = HEX.parseHex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        assertThat(cmac(key, new byte[0])).isEqualTo("bb1d6929e95937287fa37d129b756746");
        assertThat(cmac(key, Arrays.copyOf(text, 16))).isEqualTo("070a16b46b4d4144f79bdd9dd04a287c");
        assertThat(cmac(key, Arrays.copyOf(text, 40))).isEqualTo("dfa66747de9ae63030ca32611497c827");
        assertThat(cmac(key, text)).isEqualTo("51f0bebf7e3b9d92fc49741779363cfe");
    }

    @Test
    void keysOfSmb30AreThoseOfThePublishedExample() {
        // The SMB 3.0 key derivation example of Microsoft's open specifications blog.
        byte[] sessionKey = HEX.parseHex("7CD451825D0450D235424E44BA6E78CC");
        assertThat(HEX.withUpperCase()
                        .formatHex(SessionKeys.derive(sessionKey, 0x300, 0, new byte[64])
                                .signing()))
                .isEqualTo("0B7E9C5CAC36C0F6EA9AB275298CEDCE");
    }

    @Test
    void signaturesAgreeWithAnIndependentImplementation() {
        for (int length : LENGTHS) {
            byte[] key = bytes(16);
            byte[] message = bytes(length);
            var cmac = new CMac(AESEngine.newInstance());
            cmac.init(new KeyParameter(key));
            cmac.update(message, 0, length);
            byte[] expected = new byte[16];
            cmac.doFinal(expected, 0);
            var role = new MessageSigner.Role(0x1122334455667788L, true, false);
            assertThat(new CmacSigner(key).sign(cut(message), role))
                    .as("CMAC, seed %d", seed)
                    .isEqualTo(expected);

            var gmac = new GMac(GCMBlockCipher.newInstance(AESEngine.newInstance()));
            gmac.init(new ParametersWithIV(new KeyParameter(key), HEX.parseHex("887766554433221101000000")));
            gmac.update(message, 0, length);
            gmac.doFinal(expected, 0);
            var signer = new GmacSigner(key);
            assertThat(signer.sign(cut(message), role))
                    .as("GMAC, seed %d", seed)
                    .isEqualTo(expected);
            assertThat(signer.sign(cut(message), role)).as("again").isEqualTo(expected);
        }
    }

    @Test
    void ciphersAgreeWithAnIndependentImplementation() throws Exception {
        for (int length : LENGTHS) {
            for (int keySize : new int[] {16, 32}) {
                byte[] key = bytes(keySize);
                agrees(new GcmCipher(key), GCMBlockCipher.newInstance(AESEngine.newInstance()), key, bytes(length));
                agrees(new CcmCipher(key), CCMBlockCipher.newInstance(AESEngine.newInstance()), key, bytes(length));
            }
        }
    }

    private void agrees(MessageCipher ours, AEADBlockCipher theirs, byte[] key, byte[] text) throws Exception {
        for (int round = 0; round < 2; round++) {
            byte[] nonce = bytes(ours.nonceSize());
            byte[] associated = bytes(32);
            theirs.init(true, new AEADParameters(new KeyParameter(key), 128, nonce, associated));
            byte[] expected = new byte[text.length + 16];
            int n = theirs.processBytes(text, 0, text.length, expected, 0);
            theirs.doFinal(expected, n);

            ByteBuffer out = ByteBuffer.allocateDirect(text.length);
            byte[] tag = ours.encrypt(nonce, associated, cut(text), out);
            assertThat(join(out.flip(), tag))
                    .as("seed %d, %d bytes", seed, text.length)
                    .isEqualTo(expected);

            ByteBuffer back = ByteBuffer.allocate(text.length);
            assertThat(ours.decrypt(nonce, associated, out, tag, back)).isTrue();
            assertThat(back.array()).isEqualTo(text);
            tag[3] ^= 1;
            assertThat(ours.decrypt(nonce, associated, out, tag, back.clear())).isFalse();
        }
    }

    private static String cmac(byte[] key, byte[] text) {
        return HEX.formatHex(
                new CmacSigner(key).sign(List.of(ByteBuffer.wrap(text)), new MessageSigner.Role(0, false, false)));
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The text in up to four pieces, alternately on the heap and off it. */
    private List<ByteBuffer> cut(byte[] text) {
        var parts = new ArrayList<ByteBuffer>();
        int at = 0;
        while (at < text.length) {
            int step = parts.size() == 3 ? text.length - at : 1 + random.nextInt(text.length - at);
            ByteBuffer part = random.nextBoolean() ? ByteBuffer.allocate(step) : ByteBuffer.allocateDirect(step);
            parts.add(part.put(text, at, step).flip());
            at += step;
        }
        return parts;
    }

    private static byte[] join(ByteBuffer first, byte[] second) {
        var joined = new byte[first.remaining() + second.length];
        first.get(first.position(), joined, 0, first.remaining());
        System.arraycopy(second, 0, joined, first.remaining(), second.length);
        return joined;
    }
}
