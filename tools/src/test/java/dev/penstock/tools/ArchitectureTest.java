package dev.penstock.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The dependency rule of the house, and what no compiler looks at. */
class ArchitectureTest {
    private static final int LONGEST_FILE = 600;

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.penstock");

    @Test
    void theRoomsDependOnEachOtherInOneDirectionOnly() {
        String[] transport = {
            "dev.penstock.memory..", "dev.penstock.rdma..", "dev.penstock.smbdirect..", "dev.penstock.collective.."
        };
        String[] above = {
            "dev.penstock.cache..", "dev.penstock.smb..", "dev.penstock.inference..", "dev.penstock.tools.."
        };
        noClasses()
                .that()
                .resideInAnyPackage(transport)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.cache..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.smb..", "dev.penstock.inference..", "dev.penstock.tools..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.smb..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.inference..", "dev.penstock.tools..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.inference..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.smb..", "dev.penstock.tools..")
                .check(CLASSES);
    }

    @Test
    void filesStaySmallAndPackagesSayWhatTheyAre() throws IOException {
        var faults = new ArrayList<String>();
        for (String module : List.of("rdma-transport", "fs-cache", "smb-server", "inference-node", "tools")) {
            try (var files = Files.walk(Tool.root().resolve(module).resolve("src"))) {
                for (Path file :
                        files.filter(p -> p.toString().endsWith(".java")).toList()) {
                    check(file, faults);
                }
            }
        }
        assertThat(faults).isEmpty();
    }

    private static void check(Path file, List<String> faults) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() > LONGEST_FILE) {
            faults.add(file + " has " + lines.size() + " lines");
        }
        String path = file.toString();
        boolean main = path.contains("/src/main/") && !path.endsWith("module-info.java");
        if (main && !Files.exists(file.resolveSibling("package-info.java"))) {
            faults.add(file.getParent() + " has no package-info.java");
        }
        String unfinished = "TO" + "DO";
        if (lines.stream().anyMatch(line -> line.contains(unfinished))) {
            faults.add(file + " has something left to do");
        }
    }
}
