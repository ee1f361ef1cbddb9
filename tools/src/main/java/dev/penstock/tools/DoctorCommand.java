package dev.penstock.tools;

import dev.penstock.tools.doctor.Doctor;
import dev.penstock.tools.doctor.Finding;
import dev.penstock.tools.doctor.Finding.Verdict;
import dev.penstock.tools.doctor.Machine;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says what keeps RDMA from working here. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Finds out what keeps RDMA from working on this machine, and says how to mend it.",
        footer = {
            "",
            "Mend the first thing that is wrong, then ask again: what comes after it may follow from it. Ends with 1",
            "where something is wrong."
        })
final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = "--peer-os",
            paramLabel = "VERSION",
            split = ",",
            description = "Versions of macOS on the other machines, which must be this one's.")
    private List<String> peers = List.of();

    @Override
    public Integer call() {
        List<Finding> findings = Doctor.examine(Machine.here(), System.getProperty("os.name"), peers);
        PrintStream out = System.out;
        for (Finding finding : findings) {
            out.printf(Locale.ROOT, "%-12s %s: %s%n", word(finding.verdict()), finding.subject(), finding.detail());
            if (!finding.remedy().isEmpty()) {
                out.printf(Locale.ROOT, "%-12s   -> %s%n", "", finding.remedy());
            }
        }
        return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.WRONG) ? Main.FAILURE : 0;
    }

    private static String word(Verdict verdict) {
        return switch (verdict) {
            case GOOD -> "good";
            case WRONG -> "WRONG";
            case DOUBTFUL -> "doubtful";
            case NOT_CHECKED -> "not checked";
        };
    }
}
