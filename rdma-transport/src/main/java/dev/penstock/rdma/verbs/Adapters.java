package dev.penstock.rdma.verbs;

import dev.penstock.rdma.RdmaException;
import dev.penstock.rdma.RdmaProvider.Availability;
import dev.penstock.rdma.RdmaProvider.DeviceReport;
import dev.penstock.rdma.RdmaStatus;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** All adapters of the machine, as a provider tells of them. Any thread. */
final class Adapters {
    private Adapters() {}

    /** What a provider says of one adapter; the pointer is good for the call. */
    interface Judgement {
        DeviceReport of(MemorySegment device, String name) throws RdmaException;
    }

    /** Of each adapter; of none where a library is missing, or does not list them. */
    static List<DeviceReport> reports(Optional<String> missing, Judgement judgement) {
        if (missing.isPresent()) {
            return List.of();
        }
        var reports = new ArrayList<DeviceReport>();
        try {
            Verbs.eachDevice((device, name) -> reports.add(judgement.of(device, name)));
        } catch (RdmaException e) {
            return List.of();
        }
        return List.copyOf(reports);
    }

    /** Those that can be used, or why there is none. */
    static Availability availability(List<DeviceReport> reports, Supplier<String> whyNone) {
        List<String> usable = reports.stream()
                .filter(DeviceReport::usable)
                .map(DeviceReport::name)
                .toList();
        return usable.isEmpty() ? new Availability.Unavailable(whyNone.get()) : new Availability.Available(usable);
    }

    /** Refuses where something stands against all of them. */
    static void refuseFor(Optional<String> obstacle) throws RdmaException {
        if (obstacle.isPresent()) {
            throw new RdmaException(RdmaStatus.RESOURCES, obstacle.get());
        }
    }
}
