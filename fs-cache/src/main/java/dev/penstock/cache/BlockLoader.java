package dev.penstock.cache;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletionStage;

/** Fills a block from wherever its bytes are. */
@FunctionalInterface
public interface BlockLoader {
    /**
     * Starts to fill a block.
     *
     * @param into where to; nobody else sees it before it is complete
     * @return completes with the number of bytes that the block has, from 1 to the size of {@code into}
     */
    CompletionStage<Integer> load(BlockKey key, MemorySegment into);
}
