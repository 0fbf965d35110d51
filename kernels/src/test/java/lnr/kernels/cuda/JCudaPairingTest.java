package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcusolver.JCusolverDn;
import jcuda.nvrtc.JNvrtc;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JCuda's classes and natives fit, though jcusolver's are of two versions: each method has its function. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // Elsewhere there are no natives.
class JCudaPairingTest {
    @ParameterizedTest
    @CsvSource({"JCudaDriver", "JCublas2", "JCusolver", "JNvrtc"})
    void everyNativeMethodIsInTheLibrary(String library) throws IOException {
        Class<?> type = List.<Class<?>>of(JCudaDriver.class, JCublas2.class, JCusolverDn.class, JNvrtc.class).stream()
                .filter(one -> one.getSimpleName().startsWith(library))
                .findFirst()
                .orElseThrow();
        String resource = "/lib/lib" + library + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        String symbols;
        try (InputStream in = type.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            symbols = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
        String prefix = "Java_" + type.getName().replace('.', '_') + "_";
        List<String> missing = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isNative(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !symbols.contains(prefix + name.replace("_", "_1")))
                .sorted()
                .toList();
        assertThat(missing).isEmpty();
    }
}
