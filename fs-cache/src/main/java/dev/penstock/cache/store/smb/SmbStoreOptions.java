package dev.penstock.cache.store.smb;

import dev.penstock.rdma.RdmaDevices;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Which share to read, and how.
 *
 * @param host name or address
 * @param tcpPort where the server speaks SMB over TCP
 * @param rdmaPort where it speaks SMB Direct; {@link #USUAL_RDMA_PORT} for that of the device, {@link #NO_RDMA} to use TCP
 * @param rdmaProvider by what SMB Direct goes there: a provider's name, or {@link RdmaDevices#AUTO}
 * @param signed whether every message must be signed; where not, READs over SMB Direct are not
 * @param share name of the share
 * @param user name of the user; empty for a guest
 * @param parallelReads READs under way at a time
 * @param readBytes the longest READ asked for
 */
public record SmbStoreOptions(
        String host,
        int tcpPort,
        int rdmaPort,
        String rdmaProvider,
        boolean signed,
        String share,
        String user,
        int parallelReads,
        int readBytes) {
    /** The port of SMB. */
    public static final int TCP_PORT = 445;

    /** The port of SMB Direct over iWARP, where 445 is that of SMB over TCP. */
    public static final int RDMA_PORT = 5445;

    /** In place of a port: SMB Direct where servers listen for it by the kind of device that leads there. */
    public static final int USUAL_RDMA_PORT = 0;

    /** In place of a port: no SMB Direct. */
    public static final int NO_RDMA = -1;

    /**
     * Checks the limits. A READ is at most 8 MiB, which is the largest that SMB2's credits allow for (128 of 64 KiB); 64 of them under way are
     * all the credits that a usual server grants.
     */
    public SmbStoreOptions {
        if (host.isEmpty() || share.isEmpty() || share.contains("/")) {
            throw new IllegalArgumentException("no share: //" + host + "/" + share);
        }
        if (rdmaPort < NO_RDMA || rdmaPort > 65_535) {
            throw new IllegalArgumentException("no port: " + rdmaPort);
        }
        if (parallelReads < 1 || parallelReads > 64 || readBytes < 65_536 || readBytes > 8 << 20) {
            throw new IllegalArgumentException(parallelReads + " reads of " + readBytes + " bytes");
        }
    }

    /**
     * Reads {@code smb://USER@HOST:PORT/SHARE}. User and port may be left out; the port is that of TCP.
     *
     * @param rdmaPort the port of SMB Direct, {@link #USUAL_RDMA_PORT} or {@link #NO_RDMA}
     */
    public static SmbStoreOptions parse(String url, int rdmaPort) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("not a URL: " + url, e);
        }
        String scheme = uri.getScheme();
        String host = uri.getHost();
        String path = uri.getPath();
        if (scheme == null || !scheme.toLowerCase(Locale.ROOT).equals("smb") || host == null || path == null) {
            throw new IllegalArgumentException("not of the form smb://USER@HOST:PORT/SHARE: " + url);
        }
        String share = path.startsWith("/") ? path.substring(1) : path;
        share = share.endsWith("/") ? share.substring(0, share.length() - 1) : share;
        String user = uri.getUserInfo() == null ? "" : uri.getUserInfo();
        if (user.contains(":")) {
            throw new IllegalArgumentException("a password does not belong into a URL");
        }
        // Eight READs of 2 MiB: enough to fill a link while the server reads its disk, few enough to fit any server's
        // credits.
        return new SmbStoreOptions(
                host,
                uri.getPort() < 0 ? TCP_PORT : uri.getPort(),
                rdmaPort,
                RdmaDevices.AUTO,
                true,
                share,
                user,
                8,
                2 << 20);
    }

    /** The same by another provider. */
    public SmbStoreOptions withRdmaProvider(String provider) {
        return new SmbStoreOptions(host, tcpPort, rdmaPort, provider, signed, share, user, parallelReads, readBytes);
    }

    /**
     * The same with READs over SMB Direct that are not signed, where the server does not insist: for links from point to point. Linux' own server
     * signs its answers to READs by RDMA wrongly, so that nothing is read from it by RDMA otherwise.
     */
    public SmbStoreOptions unsigned() {
        return new SmbStoreOptions(host, tcpPort, rdmaPort, rdmaProvider, false, share, user, parallelReads, readBytes);
    }

    /** The same share by another address. */
    public SmbStoreOptions withHost(String other) {
        return new SmbStoreOptions(
                other, tcpPort, rdmaPort, rdmaProvider, signed, share, user, parallelReads, readBytes);
    }

    /** Whether SMB Direct is used. */
    public boolean rdma() {
        return rdmaPort != NO_RDMA;
    }
}
