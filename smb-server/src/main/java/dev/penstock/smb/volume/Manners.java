package dev.penstock.smb.volume;

import dev.penstock.smb.apple.AfpInfo;
import dev.penstock.smb.volume.fork.Forks;

/**
 * How a client expects streams and names to behave.
 *
 * @param share the share keeps to Apple's rules for the two streams that the Finder's metadata are in
 * @param session the client has asked for Apple's extensions
 */
record Manners(boolean share, boolean session) {
    static final Manners PLAIN = new Manners(false, false);

    boolean isAfpInfo(String stream) {
        return share && stream.equalsIgnoreCase(AfpInfo.STREAM);
    }

    boolean isResource(String stream) {
        return share && stream.equalsIgnoreCase(AfpInfo.RESOURCE);
    }

    /** To a Mac an empty stream is none, and so is one in which the Finder has noted nothing. */
    boolean shows(Forks.Entry stream) {
        if (stream.lost()) {
            return true; // it is not empty: who opens it is told
        }
        if (isAfpInfo(stream.name())) {
            return stream.size() == AfpInfo.BYTES
                    && AfpInfo.finderInfo(stream.start().toArray()) != null;
        }
        return stream.size() > 0 || !(session || isResource(stream.name()));
    }
}
