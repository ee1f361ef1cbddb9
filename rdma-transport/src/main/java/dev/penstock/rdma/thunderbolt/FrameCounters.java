package dev.penstock.rdma.thunderbolt;

/**
 * What has become of frames, of a connection or of all that a device had. On a link that loses nothing {@code repaired} and {@code damaged} stay 0.
 *
 * @param sent frames that left, of any kind
 * @param received sound frames of the connection
 * @param repaired frames that were sent again
 * @param damaged frames whose checksum was wrong
 * @param early frames that came before their turn and were held
 * @param useless data that was there already, or that was beyond what a peer may send
 * @param probes questions whether the peer lives
 * @param acknowledgements frames sent only to say what has come
 * @param placed pieces of {@value BulkPort#PIECE} bytes that came past the frames, straight into their place
 * @param fellBack frames sent with bytes that should have gone so
 */
public record FrameCounters(
        long sent,
        long received,
        long repaired,
        long damaged,
        long early,
        long useless,
        long probes,
        long acknowledgements,
        long placed,
        long fellBack) {
    /** Nothing yet. */
    static final FrameCounters NONE = new FrameCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    FrameCounters plus(FrameCounters o) {
        return new FrameCounters(
                sent + o.sent,
                received + o.received,
                repaired + o.repaired,
                damaged + o.damaged,
                early + o.early,
                useless + o.useless,
                probes + o.probes,
                acknowledgements + o.acknowledgements,
                placed + o.placed,
                fellBack + o.fellBack);
    }
}
