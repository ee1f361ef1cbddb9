package dev.penstock.rdma.thunderbolt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;

/** A peer whose frames have right checksums and otherwise say anything at all. */
class ReliableFramesFuzz {
    @FuzzTest(maxDuration = "2m")
    void nothingAPeerSaysBreaksTheAccount(FuzzedDataProvider data) throws Exception {
        long[] now = {1};
        var fabric = new PipedPorts(() -> now[0], 0, PipedPorts.Faults.NONE, 40, 1);
        var ours = fabric.port();
        var theirs = fabric.port();
        ours.connect(theirs.address());
        theirs.connect(ours.address());
        var came = new int[1];
        var frames = new ReliableFrames(
                ours,
                1,
                40,
                new ReliableFrames.User() {
                    @Override
                    public boolean next(ByteBuffer into) {
                        into.putInt(1);
                        return true;
                    }

                    @Override
                    public boolean arrived(ByteBuffer payload, boolean again) {
                        came[0]++;
                        return true;
                    }
                },
                now[0]);
        var header = new FrameHeader();
        int said = 0;
        for (int i = 0; i < 60 && data.remainingBytes() > 0 && frames.failure() == null; i++) {
            header.kind = data.consumeInt(FrameHeader.DATA, FrameHeader.PROBE);
            header.connection = data.consumeBoolean() ? 1 : data.consumeInt();
            header.transmission = data.consumeBoolean() ? i : data.consumeInt();
            header.sequence = data.consumeBoolean() ? said : data.consumeInt();
            header.highest = data.consumeInt(-1, 100);
            header.received = data.consumeInt(0, 100);
            header.posted = data.consumeInt(0, 200);
            header.expected = data.consumeInt(0, 100);
            header.beyond = data.consumeLong();
            header.payload = 4;
            header.encode(theirs.sendFrame(i % theirs.sends()));
            theirs.send(i % theirs.sends(), FrameHeader.BYTES + 4);
            said++;
            now[0] += data.consumeInt(0, 10_000_000);
            frames.progress(now[0]);
        }
        assertThat(came[0]).isLessThanOrEqualTo(said);
    }
}
