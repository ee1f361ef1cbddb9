package dev.penstock.rdma;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** A way to do RDMA on this machine. Found through {@link ServiceLoader}. Thread-safe. */
public interface RdmaProvider {
    /** Whether the provider can be used here. */
    sealed interface Availability {
        /** It can; {@code devices} are the names that {@link DeviceOptions#name} may say. */
        record Available(List<String> devices) implements Availability {}

        /** It cannot, and why, in words for the person at the console. */
        record Unavailable(String reason) implements Availability {}
    }

    /**
     * What there is of one device.
     *
     * @param name as {@link DeviceOptions#name} says it
     * @param usable whether it can be opened and its link is up
     * @param detail what it is, and where it cannot be used, why not
     */
    record DeviceReport(String name, boolean usable, String detail) {}

    /** A short name for command lines, such as {@code iwarp}. */
    String name();

    /** Looks without opening anything for long. */
    Availability availability();

    /** All devices, also those that cannot be used. */
    default List<DeviceReport> devices() {
        return switch (availability()) {
            case Availability.Available available ->
                available.devices().stream()
                        .map(device -> new DeviceReport(device, true, "in software"))
                        .toList();
            case Availability.Unavailable _ -> List.of();
        };
    }

    /** The device that has an address of this machine as its own; none where the address is an ordinary interface's. */
    default Optional<String> deviceOf(InetAddress address) {
        return Optional.empty();
    }

    /** Whether it is to be taken for an address of its devices where nobody has said which provider to take. */
    default boolean automatic() {
        return true;
    }

    /**
     * Opens a device. The caller closes it.
     *
     * @throws RdmaException where there is no such device, or it refuses
     */
    Device open(DeviceOptions options) throws RdmaException;

    /** All providers on the class path or module path. */
    static List<RdmaProvider> all() {
        return ServiceLoader.load(RdmaProvider.class, RdmaProvider.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /** The provider of that name. */
    static Optional<RdmaProvider> named(String name) {
        return all().stream().filter(p -> p.name().equals(name)).findFirst();
    }
}
