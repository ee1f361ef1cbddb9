package dev.penstock.smb.wire.dtyp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes are either a descriptor, which then is the same after it was written and read again, or malformed. */
class SecurityDescriptorFuzz {
    @FuzzTest(maxDuration = "2m")
    void anyBytesAreADescriptorOrMalformed(byte[] bytes) throws MalformedDescriptor {
        SecurityDescriptor descriptor;
        try {
            descriptor = SecurityDescriptor.decode(bytes);
        } catch (MalformedDescriptor refused) {
            assertThat(refused.getStackTrace()).isEmpty();
            return;
        }
        assertThat(SecurityDescriptor.decode(descriptor.toBytes())).isEqualTo(descriptor);
    }
}
