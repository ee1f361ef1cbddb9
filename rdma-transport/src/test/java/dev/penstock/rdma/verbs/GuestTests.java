package dev.penstock.rdma.verbs;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.IOException;
import java.io.PrintWriter;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs test classes (or CLASS#METHOD) in this process, one after the other, and commands of the shell between them (!COMMAND); says how each test
 * went, and exits with the number of those that failed.
 */
final class GuestTests {
    private GuestTests() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        long failures = 0;
        for (String argument : arguments) {
            if (argument.startsWith("!")) {
                int status = new ProcessBuilder("/bin/bash", "-c", argument.substring(1))
                        .inheritIO()
                        .start()
                        .waitFor();
                if (status != 0) {
                    throw new IOException(argument + " ended with " + status);
                }
            } else {
                failures += run(argument.contains("#") ? selectMethod(argument) : selectClass(argument));
            }
        }
        System.exit((int) Math.min(100, failures));
    }

    private static long run(DiscoverySelector tests) {
        var request = LauncherDiscoveryRequestBuilder.request().selectors(tests).build();
        var summary = new SummaryGeneratingListener();
        var progress = new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                    System.out.println(result.getStatus() + " " + test.getDisplayName());
                    result.getThrowable().ifPresent(t -> t.printStackTrace(System.out));
                }
            }
        };
        LauncherFactory.create().execute(request, summary, progress);
        summary.getSummary().printTo(new PrintWriter(System.out));
        var totals = summary.getSummary();
        System.out.println("tests: " + totals.getTestsSucceededCount() + " passed, " + totals.getTotalFailureCount()
                + " failed, " + totals.getTestsAbortedCount() + " not applicable");
        return totals.getTotalFailureCount();
    }
}
