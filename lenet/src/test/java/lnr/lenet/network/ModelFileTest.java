package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lnr.lenet.InputException;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.format.SafeTensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
    @TempDir
    Path folder;

    private static Tensor zeros(int... shape) {
        return new Tensor(shape, new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)]);
    }

    private static Map<String, Tensor> network() {
        Map<String, Tensor> tensors = new HashMap<>();
        tensors.put("conv1.weight", zeros(2, 1, 5, 5));
        tensors.put("conv1.bias", zeros(2));
        tensors.put("conv2.weight", zeros(3, 2, 5, 5));
        tensors.put("conv2.bias", zeros(3));
        tensors.put("fc1.weight", zeros(4, 48));
        tensors.put("fc1.bias", zeros(4));
        tensors.put("fc2.weight", zeros(10, 4));
        tensors.put("fc2.bias", zeros(10));
        return tensors;
    }

    private void refuses(String name, Tensor tensor, String message) {
        Map<String, Tensor> tensors = network();
        tensors.put(name, tensor);
        Path file = folder.resolve("m");
        new SafeTensors(tensors, Map.of()).write(file);
        assertThatThrownBy(() -> ModelFile.read(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void readsAnyWidths() {
        Path file = folder.resolve("m");
        new SafeTensors(network(), Map.of()).write(file);
        assertThat(ModelFile.read(file).architecture()).isEqualTo(new Architecture(2, 3, 4, 10));
    }

    /** None of these shapes may be believed before it is compared: they announce more than there is memory. */
    @Test
    void refusesShapesThatAnnounceMoreThanTheFileHolds() {
        refuses("conv1.weight", zeros(50_000_000, 0), "conv1.weight: expected 4 dimensions, got shape [50000000, 0]");
        refuses("conv1.weight", zeros(50_000_000, 0, 5, 5), "conv1.bias: expected shape [50000000], got [2]");
        refuses("conv2.weight", zeros(3, 1, 5, 5), "conv2.weight: expected shape [3, 2, 5, 5], got [3, 1, 5, 5]");
        refuses("fc1.weight", zeros(4, 49), "fc1.weight: expected shape [4, 48], got [4, 49]");
        refuses("fc1.bias", zeros(4, 1), "fc1.bias: expected shape [4], got [4, 1]");
        refuses("fc2.weight", zeros(), "fc2.weight: expected 2 dimensions, got shape []");
    }

    @Test
    void refusesArchitecturesBeyondAnArray() {
        for (int[] widths : new int[][] {{50_000_000, 50, 500}, {1, 200_000_000, 0}, {2_000_000_000, 0, 0}}) {
            assertThatThrownBy(() -> new Architecture(widths[0], widths[1], widths[2], 10))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected widths of at most 2147483639 parameters");
        }
    }

    @Test
    void escapesWhatItQuotes() {
        refuses("\u001b[31m\u0007", zeros(1),
                "expected only LeNet-5's parameters, found a tensor '\\u001b[31m\\u0007'");
    }
}
