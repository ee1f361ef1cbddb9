package dev.penstock.smb.wire.dtyp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SecurityDescriptorTest {
    private static final SecurityDescriptor SAMPLE = new SecurityDescriptor(
            SecurityDescriptor.DACL_PRESENT,
            Sid.ofUser(1000),
            Sid.ofGroup(100),
            List.of(
                    new Ace(false, 0, AccessMask.WRITE_DATA, Sid.WORLD),
                    new Ace(true, Ace.OBJECT_INHERIT, AccessMask.FILE_ALL, new Sid(5, 21, -1, 2, 3, 1000))));

    @Test
    void comesBackAsItWasWritten() throws MalformedDescriptor {
        assertThat(SecurityDescriptor.decode(SAMPLE.toBytes())).isEqualTo(SAMPLE);
        var open = new SecurityDescriptor(SecurityDescriptor.DACL_PRESENT, Sid.WORLD, null, null);
        assertThat(SecurityDescriptor.decode(open.toBytes())).isEqualTo(open);
        assertThat(Sid.ofUser(-1)).hasToString("S-1-22-1-4294967295");
    }

    @Test
    void damagedBytesAreRefusedOrRead() {
        var random = new Random(20261122);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = SAMPLE.toBytes();
            for (int n = random.nextInt(4); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            byte[] cut = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                SecurityDescriptor.decode(cut);
            } catch (MalformedDescriptor _) {
                // the one answer allowed
            }
        }
        assertThatThrownBy(() -> SecurityDescriptor.decode(new byte[0])).isInstanceOf(MalformedDescriptor.class);
    }
}
