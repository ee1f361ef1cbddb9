package dev.penstock.inference.model;

import dev.penstock.inference.parallel.RankGroup;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * How the leader makes the other ranks take its steps: before each it broadcasts what the step is, and when it has none it says so once in
 * a while, so that each side notices when the other is gone. Belongs to the thread of the model.
 */
public final class Steps {
    private static final int PAUSE = 0;
    private static final int STEP = 1;
    private static final int STOP = 2;
    /** Operation, position and count come before the tokens. */
    private static final int HEADER = 3;

    private Steps() {}

    /** A model whose steps the other ranks take too. */
    public static final class Leader implements LanguageModel {
        private final LanguageModel own;
        private final RankGroup group;
        private final int[] message;

        /** Takes over the leader's own part. */
        public Leader(LanguageModel own, RankGroup group) {
            this.own = own;
            this.group = group;
            this.message = new int[HEADER + own.batch()];
        }

        @Override
        public MemorySegment step(int[] tokens, int from, int count, int position) throws IOException {
            message[0] = STEP;
            message[1] = position;
            message[2] = count;
            System.arraycopy(tokens, from, message, HEADER, count);
            group.broadcast(message);
            return own.step(tokens, from, count, position);
        }

        /** Says that there is nothing to do; to be called at least every few seconds. */
        public void pause() throws IOException {
            message[0] = PAUSE;
            group.broadcast(message);
        }

        /** Lets the others end. */
        public void stop() throws IOException {
            message[0] = STOP;
            group.broadcast(message);
        }

        @Override
        public int vocabulary() {
            return own.vocabulary();
        }

        @Override
        public int context() {
            return own.context();
        }

        @Override
        public int batch() {
            return own.batch();
        }

        @Override
        public Memory memory() {
            return own.memory();
        }

        @Override
        public void close() {
            own.close();
        }
    }

    /**
     * Takes the leader's steps until it says stop, or until {@code leaving} at its next word.
     *
     * @throws IOException where the leader or another rank was lost
     */
    public static void follow(LanguageModel model, RankGroup group, BooleanSupplier leaving) throws IOException {
        var message = new int[HEADER + model.batch()];
        while (!leaving.getAsBoolean()) {
            group.broadcast(message);
            switch (message[0]) {
                case PAUSE -> {
                    // The leader lives.
                }
                case STEP -> model.step(message, HEADER, message[2], message[1]);
                case STOP -> {
                    return;
                }
                default -> throw new IOException("the leader asks for operation " + message[0]);
            }
        }
    }
}
