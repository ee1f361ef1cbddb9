package dev.penstock.tools;

import dev.penstock.smb.volume.SharePreset;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.jmdns.JmDNS;
import javax.jmdns.ServiceInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the network's Macs that the store is there: multicast DNS (RFC 6762) and service discovery (RFC 6763), by JmDNS, whose own small
 * stack works beside a daemon of the operating system's and needs none. The names are told to whoever is on the same cables, without
 * anybody having logged on, so that it can be switched off; on the loopback it never is on by itself.
 *
 * <p>Registering takes a second or two, and goes on beside everything else on a thread of its own.
 */
final class Bonjour implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Bonjour.class);

    private static final String SMB = "_smb._tcp.local.";

    /** The Finder shows the server with this computer's picture. */
    private static final String DEVICE = "_device-info._tcp.local.";

    private static final String MODEL = "RackMac";

    /** Time Machine offers these shares. "Time Machine over SMB Specification", Apple. */
    private static final String DISKS = "_adisk._tcp.local.";

    private static final String ALL_DISKS = "waMa=0,adVF=0x100";

    /** A disk for Time Machine, by SMB. */
    private static final String DISK_FLAGS = "0x82";

    /** The discard port: there is nothing to connect to. */
    private static final int NO_PORT = 9;

    private static final long STOP_SECONDS = 3;

    private final CountDownLatch told = new CountDownLatch(1);
    private final List<JmDNS> responders = new ArrayList<>();
    private final String name;
    private final List<ServeSettings.ShareEntry> shares;

    private Bonjour(String name, List<ServeSettings.ShareEntry> shares) {
        this.name = name;
        this.shares = List.copyOf(shares);
    }

    /**
     * Starts to tell, on these addresses of this machine.
     *
     * @param name that people see
     */
    static Bonjour tell(
            String name, List<ServeSettings.ShareEntry> shares, int port, List<? extends InetAddress> addresses) {
        var bonjour = new Bonjour(name, shares);
        Thread.ofPlatform().daemon().name("bonjour").start(() -> bonjour.register(port, addresses));
        return bonjour;
    }

    /** The addresses that a listener is reached by from other machines; none for the loopback. */
    static List<InetAddress> addressesOf(InetSocketAddress listener) throws SocketException {
        InetAddress address = listener.getAddress();
        if (!address.isAnyLocalAddress()) {
            return address instanceof Inet4Address && !address.isLoopbackAddress() ? List.of(address) : List.of();
        }
        var found = new ArrayList<InetAddress>();
        for (NetworkInterface card : NetworkInterface.networkInterfaces().toList()) {
            if (card.isUp() && !card.isLoopback() && card.supportsMulticast() && !card.isPointToPoint()) {
                card.inetAddresses().filter(Inet4Address.class::isInstance).forEach(found::add);
            }
        }
        return found;
    }

    /** This machine's name, without its domain. */
    static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            int dot = name.indexOf('.');
            return dot > 0 && !Character.isDigit(name.charAt(0)) ? name.substring(0, dot) : name;
        } catch (UnknownHostException _) {
            return "penstock";
        }
    }

    private void register(int port, List<? extends InetAddress> addresses) {
        try {
            for (InetAddress address : addresses) {
                // The host's own name has letters, digits and hyphens only.
                JmDNS responder = JmDNS.create(address, name.replaceAll("[^A-Za-z0-9-]+", "-"));
                responders.add(responder);
                ServiceInfo smb = ServiceInfo.create(SMB, name, port, 0, 0, Map.of());
                responder.registerService(smb);
                // Where another machine has the name, ours has become another one, and all records have the same.
                String instance = smb.getName();
                responder.registerService(ServiceInfo.create(DEVICE, instance, NO_PORT, 0, 0, Map.of("model", MODEL)));
                Map<String, String> disks = disks(shares);
                if (!disks.isEmpty()) {
                    responder.registerService(ServiceInfo.create(DISKS, instance, NO_PORT, 0, 0, disks));
                }
            }
        } catch (IOException e) {
            LOG.warn("the store is not told of by Bonjour: {}", e.getMessage());
        } finally {
            told.countDown();
        }
    }

    /** The records of the shares that are for Time Machine; nothing where there is none. */
    static Map<String, String> disks(List<ServeSettings.ShareEntry> shares) {
        var disks = new LinkedHashMap<String, String>();
        for (ServeSettings.ShareEntry share : shares) {
            if (share.preset() == SharePreset.TIMEMACHINE) {
                if (disks.isEmpty()) {
                    disks.put("sys", ALL_DISKS);
                }
                String path = share.path().toAbsolutePath().normalize().toString();
                // The same for the same folder: a Mac knows its backups' disk by it.
                UUID id = UUID.nameUUIDFromBytes(path.getBytes(StandardCharsets.UTF_8));
                disks.put("dk" + (disks.size() - 1), "adVN=" + share.name() + ",adVF=" + DISK_FLAGS + ",adVU=" + id);
            }
        }
        return disks;
    }

    /** Waits until everything was told once. For tests. */
    boolean awaitTold(long seconds) throws InterruptedException {
        return told.await(seconds, TimeUnit.SECONDS);
    }

    /** Takes everything back; a few seconds at most. */
    @Override
    public void close() {
        Thread goodbye = Thread.ofPlatform().daemon().name("bonjour-end").start(() -> {
            for (JmDNS responder : List.copyOf(responders)) {
                try {
                    responder.close();
                } catch (IOException e) {
                    LOG.debug("closing", e);
                }
            }
        });
        try {
            goodbye.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
