package dev.penstock.smb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The inner rules of the module. */
class ArchitectureTest {
    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.penstock.smb");

    @Test
    void codecsKnowNeitherStateNorInputAndOutput() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.smb.wire..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.smb.state..",
                        "dev.penstock.smb.command..",
                        "dev.penstock.smb.connection..",
                        "dev.penstock.memory..",
                        "java.nio.channels..",
                        "java.net..")
                .check(classes);
    }

    @Test
    void nettyIsKnownToTheTcpTransportOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.penstock.smb.transport.tcp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(classes);
    }

    @Test
    void volumesAndConnectionsMeetInTheCommandPackageOnly() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.smb.volume..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.smb.connection..",
                        "dev.penstock.smb.handler..",
                        "dev.penstock.smb.state..",
                        "dev.penstock.smb.transport..")
                .check(classes);
    }

    @Test
    void nothingBlocksOnMonitorsOrKeepsStatePerThread() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(ThreadLocal.class)
                .check(classes);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.penstock.smb.(*)..").should().beFreeOfCycles().check(classes);
    }
}
