package dev.penstock.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SlabPoolTest {
    private final SlabPool pool =
            new SlabPool(List.of(new SlabPool.SizeClass(8192, 1), new SlabPool.SizeClass(4096, 2)));

    @Test
    void theSmallestFreeSlabThatFitsIsTaken() {
        var small = pool.take(100);
        var large = pool.take(5000);
        assertThat(small.memory().byteSize()).isEqualTo(4096);
        assertThat(large.memory().byteSize()).isEqualTo(8192);
        small.release();
        large.release();
        assertThat(pool.outstanding()).isZero();
    }

    @Test
    void anEmptyPoolAnswersWithNullAndRecovers() {
        var all = List.of(pool.take(1), pool.take(1), pool.take(1));
        assertThat(pool.take(1)).isNull();
        all.getFirst().release();
        assertThat(pool.take(1)).isNotNull();
        assertThat(pool.take(8193)).isNull();
    }

    @Test
    void slabsOfAClassAreCutFromOneRegionAndDoNotOverlap() {
        var a = pool.take(1);
        var b = pool.take(1);
        assertThat(a.memory().asOverlappingSlice(b.memory())).isEmpty();
        assertThat(pool.regions().getFirst().asOverlappingSlice(a.memory())).isPresent();
        assertThat(pool.regions().getFirst().asOverlappingSlice(b.memory())).isPresent();
    }

    @Test
    void aSlabGoesBackWhenItsLastHolderReleasesIt() {
        var lease = pool.take(1);
        lease.retain();
        lease.release();
        assertThat(pool.outstanding()).isOne();
        assertThat(lease.tryRetain()).isTrue();
        lease.release();
        lease.release();
        assertThat(pool.outstanding()).isZero();
        assertThat(lease.tryRetain()).isFalse();
        assertThatThrownBy(lease::release).isInstanceOf(IllegalStateException.class);
    }
}
