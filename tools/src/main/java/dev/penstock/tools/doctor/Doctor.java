package dev.penstock.tools.doctor;

import java.util.List;

/** All checks of a kind of machine. */
public final class Doctor {
    private Doctor() {}

    /**
     * Looks at a machine.
     *
     * @param operatingSystem as the property os.name has it
     * @param versionsOfPeers of the operating systems of the other machines, as far as they are known
     * @return in the order in which to mend what is wrong
     */
    public static List<Finding> examine(Machine machine, String operatingSystem, List<String> versionsOfPeers) {
        if (operatingSystem.startsWith("Mac")) {
            return new MacChecks(machine, versionsOfPeers).run();
        }
        if (operatingSystem.startsWith("Linux")) {
            return new LinuxChecks(machine).run();
        }
        return List.of(Finding.notChecked("RDMA", "nothing is known of " + operatingSystem));
    }
}
