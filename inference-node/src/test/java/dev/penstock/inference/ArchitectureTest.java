package dev.penstock.inference;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What may know what inside the module. */
class ArchitectureTest {
    private static final String ROOT = "dev.penstock.inference.";
    /** Each package with the packages of this module that it may know. */
    private static final Map<String, Set<String>> MAY_KNOW = Map.of(
            "gguf", Set.of(),
            "ggml", Set.of("gguf"),
            "shard", Set.of("gguf"),
            "parallel", Set.of(),
            "model", Set.of("gguf", "ggml", "shard", "parallel"),
            "serving.token", Set.of("gguf"),
            "serving.template", Set.of(),
            "serving", Set.of("gguf", "model", "serving.token", "serving.template"),
            "node", Set.of("gguf", "ggml", "shard", "parallel", "model", "serving"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.penstock.inference");

    @Test
    void packagesKnowOnlyTheOnesBelowThem() {
        var violations = new TreeSet<String>();
        for (JavaClass from : CLASSES) {
            String own = from.getPackageName().substring(ROOT.length());
            for (var dependency : from.getDirectDependenciesFromSelf()) {
                JavaClass to = dependency.getTargetClass().getBaseComponentType();
                if (to.getPackageName().startsWith(ROOT)) {
                    String other = to.getPackageName().substring(ROOT.length());
                    if (!other.equals(own) && !MAY_KNOW.get(own).contains(other)) {
                        violations.add(own + " knows " + other + ": " + dependency.getDescription());
                    }
                }
            }
        }
        assertThat(violations).isEmpty();
    }

    @Test
    void onlyTheBindingTouchesNativeCode() {
        List<String> forbidden = List.of("java.lang.foreign.Linker", "java.lang.foreign.SymbolLookup");
        var violations = new TreeSet<String>();
        for (JavaClass from :
                CLASSES.that(resideInAPackage("dev.penstock.inference.ggml").negate())) {
            from.getDirectDependenciesFromSelf().stream()
                    .filter(d -> forbidden.contains(d.getTargetClass().getName()))
                    .forEach(d -> violations.add(d.getDescription()));
            from.getMethodCallsFromSelf().stream()
                    .filter(c -> c.getTargetOwner().getName().equals("java.lang.foreign.MemorySegment"))
                    .filter(c -> Set.of("reinterpret", "ofAddress").contains(c.getName()))
                    .forEach(c -> violations.add(c.getDescription()));
        }
        assertThat(violations).isEmpty();
    }

    @Test
    void theServerOfHttpIsKnownInServingOnly() {
        var violations = new TreeSet<String>();
        for (JavaClass from :
                CLASSES.that(resideInAPackage("dev.penstock.inference.serving").negate())) {
            from.getDirectDependenciesFromSelf().stream()
                    .filter(d -> d.getTargetClass().getPackageName().startsWith("com.sun.net.httpserver")
                            || d.getTargetClass().getPackageName().startsWith("tools.jackson"))
                    .forEach(d -> violations.add(d.getDescription()));
        }
        assertThat(violations).isEmpty();
    }
}
