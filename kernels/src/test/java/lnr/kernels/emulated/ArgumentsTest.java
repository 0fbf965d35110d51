package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lnr.kernels.Device;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What kernels are launched with, held against their signatures: number and type of each argument. A driver is given
 * packed bytes, of which it knows no more than how many there are.
 */
@Buildable
public class ArgumentsTest {
    private static final Pattern KERNEL = Pattern.compile("KERNEL\\(\\d+\\)\\s+void\\s+(\\w+)\\(([^)]*)\\)\\s*\\{");

    /** The Java types that may stand for a parameter's; an address or nothing may for any pointer. */
    private static final Map<String, String> TYPES = Map.of(
            "int", "Integer",
            "long long", "Long",
            "float", "Float",
            "double", "Double",
            "int*", "I32",
            "float*", "F32",
            "double*", "F64",
            "unsigned char*", "U8");

    private static final Map<String, Set<List<String>>> LAUNCHED = new TreeMap<>();

    @TempDir
    private Path folder;

    @BeforeEach
    void reset() {
        Emulator.load();
        Emulator.reset();
        LAUNCHED.clear();
    }

    /** Called by a copy of the CUDA device at each launch. */
    public static void launched(String kernel, Object[] arguments) {
        List<String> types = Arrays.stream(arguments)
                .map(argument -> argument == null ? "Address" : argument.getClass().getSimpleName())
                .toList();
        LAUNCHED.computeIfAbsent(kernel, name -> new HashSet<>()).add(types);
    }

    @Test
    void everyArgumentIsOfItsParametersType() throws IOException {
        String pack = "        pack(values);\n";
        String tell = ArgumentsTest.class.getName() + ".launched(name, values);";
        try (Mutant told = Mutant.host("Kernels", pack, pack + tell, folder)) {
            try (Device device = told.open()) {
                Operation.all(new Draw("arguments"), false).forEach(operation -> operation.results(device));
                Operation.all(new Draw("arguments"), true).forEach(operation -> operation.results(device));
            }
            Contracts.run(Contracts.Convolution.class, told::open);
        }
        Map<String, List<String>> parameters = parameters();
        List<String> wrong = new ArrayList<>();
        LAUNCHED.forEach((kernel, launches) -> {
            for (List<String> arguments : launches) {
                if (!fit(parameters.get(kernel), arguments)) {
                    wrong.add(kernel + parameters.get(kernel) + ": " + arguments);
                }
            }
        });
        assertThat(wrong).isEmpty();
        assertThat(new TreeSet<>(LAUNCHED.keySet())).isEqualTo(new TreeSet<>(Emulator.kernels()));
    }

    @Test
    void whatDoesNotFitIsFound() {
        List<String> parameters = List.of("int", "double", "double*", "unsigned char*");
        assertThat(fit(parameters, List.of("Integer", "Double", "F64", "Address"))).isTrue();
        assertThat(fit(parameters, List.of("Integer", "Double", "F64"))).isFalse();
        assertThat(fit(parameters, List.of("Integer", "Long", "F64", "U8"))).as("as many bytes").isFalse();
        assertThat(fit(parameters, List.of("Integer", "Double", "F32", "U8"))).isFalse();
        assertThat(fit(parameters, List.of("Integer", "Double", "U8", "F64"))).isFalse();
    }

    private static boolean fit(List<String> parameters, List<String> arguments) {
        boolean fit = parameters.size() == arguments.size();
        for (int i = 0; fit && i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            boolean address = parameter.endsWith("*") && arguments.get(i).equals("Address");
            fit = address || arguments.get(i).equals(TYPES.get(parameter));
        }
        return fit;
    }

    /** The types of each kernel's parameters, without their const. */
    private static Map<String, List<String>> parameters() {
        Map<String, List<String>> parameters = new HashMap<>();
        for (String family : Emulator.families()) {
            Matcher kernel = KERNEL.matcher(Emulator.source(family + ".cu"));
            while (kernel.find()) {
                List<String> types = Arrays.stream(kernel.group(2).split(","))
                        .map(parameter -> parameter.strip().replaceFirst("^const ", "").replaceFirst("\\s+\\w+$", ""))
                        .toList();
                parameters.put(kernel.group(1), types);
            }
        }
        return parameters;
    }
}
