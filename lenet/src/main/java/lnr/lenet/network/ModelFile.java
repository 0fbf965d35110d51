package lnr.lenet.network;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.lenet.InputException;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.network.Architecture.Layer;

/**
 * Models as safetensors files with PyTorch's parameter names ({@code conv1.weight} .. {@code fc2.bias}), so that
 * {@code load_state_dict} takes them as they are, whatever their widths.
 */
public final class ModelFile {
    private ModelFile() {}

    /**
     * Reads a model; its widths are those of its tensors.
     *
     * @throws InputException when the file cannot be read, or does not hold a LeNet-5 of any widths
     */
    public static Model read(Path file) {
        Map<String, SafeTensors.Tensor> tensors = SafeTensors.read(file).tensors();
        Architecture architecture = new Architecture(
                rows(file, tensors, "conv1"),
                rows(file, tensors, "conv2"),
                rows(file, tensors, "fc1"),
                classes(file, tensors));
        float[] values = new float[architecture.parameters()];
        int at = 0;
        for (Layer layer : architecture.layers()) {
            at = copy(file, tensors, layer.name() + ".weight", layer.shape(), values, at);
            at = copy(file, tensors, layer.name() + ".bias", List.of(layer.outputs()), values, at);
        }
        for (String name : tensors.keySet()) {
            if (architecture.layers().stream()
                    .noneMatch(l -> name.equals(l.name() + ".weight") || name.equals(l.name() + ".bias"))) {
                throw new InputException(file + ": expected only LeNet-5's parameters, found a tensor '" + name + "'");
            }
        }
        return new Model(architecture, values);
    }

    /**
     * Writes a model, under a temporary name until it is complete.
     *
     * @param metadata further facts to keep in the file, text by name
     * @throws InputException when the file cannot be written
     */
    public static void write(Path file, Model model, Map<String, String> metadata) {
        Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
        List<Layer> layers = model.architecture().layers();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            int[] shape = layer.shape().stream().mapToInt(Integer::intValue).toArray();
            tensors.put(layer.name() + ".weight", new SafeTensors.Tensor(shape, model.weight(i)));
            tensors.put(layer.name() + ".bias", new SafeTensors.Tensor(new int[] {layer.outputs()}, model.bias(i)));
        }
        new SafeTensors(tensors, metadata).write(file);
    }

    private static int rows(Path file, Map<String, SafeTensors.Tensor> tensors, String layer) {
        int[] shape = tensor(file, tensors, layer + ".weight").shape();
        if (shape.length == 0) {
            throw new InputException(file + ": " + layer + ".weight: expected a matrix or a filter bank, got a number");
        }
        return shape[0];
    }

    private static int classes(Path file, Map<String, SafeTensors.Tensor> tensors) {
        int classes = rows(file, tensors, "fc2");
        if (classes != Architecture.LENET5.classes()) {
            throw new InputException(file + ": fc2.weight: expected 10 rows, one a class, got " + classes);
        }
        return classes;
    }

    private static int copy(
            Path file,
            Map<String, SafeTensors.Tensor> tensors,
            String name,
            List<Integer> shape,
            float[] values,
            int at) {
        SafeTensors.Tensor tensor = tensor(file, tensors, name);
        List<Integer> found = Arrays.stream(tensor.shape()).boxed().toList();
        if (!found.equals(shape)) {
            throw new InputException(file + ": " + name + ": expected shape " + shape + ", got " + found);
        }
        System.arraycopy(tensor.data(), 0, values, at, tensor.data().length);
        return at + tensor.data().length;
    }

    private static SafeTensors.Tensor tensor(Path file, Map<String, SafeTensors.Tensor> tensors, String name) {
        SafeTensors.Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new InputException(
                    file + ": expected a LeNet-5 with PyTorch's names, found no tensor '" + name + "'");
        }
        return tensor;
    }
}
