package dev.penstock;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.Test;

/** Who may know whom inside the module. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.penstock");

    @Test
    void memoryIsTheLowestFloor() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.memory..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.rdma..", "dev.penstock.smbdirect..", "dev.penstock.collective..")
                .check(CLASSES);
    }

    @Test
    void theRdmaInterfacesKnowNoProvider() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.rdma")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.rdma.*..", "dev.penstock.smbdirect..", "dev.penstock.collective..")
                .check(CLASSES);
    }

    @Test
    void theEngineKnowsNoCarrier() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.rdma.rdmap")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.rdma.iwarp..", "dev.penstock.rdma.sim..")
                .check(CLASSES);
    }

    @Test
    void usersOfRdmaUseItsInterfacesOnly() {
        classes()
                .that()
                .resideInAnyPackage("dev.penstock.smbdirect..", "dev.penstock.collective..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.smbdirect..",
                        "dev.penstock.collective..",
                        "dev.penstock.rdma",
                        "dev.penstock.memory..",
                        "java..",
                        "javax.crypto..",
                        "org.slf4j..",
                        "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void smbDirectAndCollectivesDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.smbdirect..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.penstock.collective..")
                .check(CLASSES);
    }

    @Test
    void onlyMemoryTouchesTheForeignLinker() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.penstock.memory..", "dev.penstock.rdma.verbs..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Linker.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(SymbolLookup.class)
                .orShould()
                .callMethodWhere(new com.tngtech.archunit.base.DescribedPredicate<>("MemorySegment.reinterpret") {
                    @Override
                    public boolean test(com.tngtech.archunit.core.domain.JavaMethodCall call) {
                        return call.getTarget().getName().equals("reinterpret")
                                && call.getTargetOwner().isEquivalentTo(MemorySegment.class);
                    }
                })
                .check(CLASSES);
    }
}
