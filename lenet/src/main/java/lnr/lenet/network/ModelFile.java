package lnr.lenet.network;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.lenet.InputException;
import lnr.lenet.format.Diagnostic;
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
        return of(file, SafeTensors.read(file));
    }

    /**
     * The model that a file's content holds.
     *
     * @param file its name, for messages
     * @throws InputException when it is not a LeNet-5 of any widths
     */
    public static Model of(Path file, SafeTensors content) {
        Map<String, SafeTensors.Tensor> tensors = content.tensors();
        Architecture architecture = architecture(file, tensors);
        // All shapes are checked before memory is taken for what they announce.
        for (Layer layer : architecture.layers()) {
            check(file, tensors, layer.name() + ".weight", layer.shape());
        }
        for (String name : tensors.keySet()) {
            if (architecture.layers().stream()
                    .noneMatch(l -> name.equals(l.name() + ".weight") || name.equals(l.name() + ".bias"))) {
                throw new InputException(file + ": expected only LeNet-5's parameters, found a tensor "
                        + Diagnostic.quote(name));
            }
        }
        float[] values = new float[architecture.parameters()];
        int at = 0;
        for (Layer layer : architecture.layers()) {
            for (String part : List.of(".weight", ".bias")) {
                float[] data = tensors.get(layer.name() + part).data();
                System.arraycopy(data, 0, values, at, data.length);
                at += data.length;
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

    private static Architecture architecture(Path file, Map<String, SafeTensors.Tensor> tensors) {
        int conv1 = rows(file, tensors, "conv1", 4);
        int conv2 = rows(file, tensors, "conv2", 4);
        int fc1 = rows(file, tensors, "fc1", 2);
        int classes = rows(file, tensors, "fc2", 2);
        if (classes != Architecture.LENET5.classes()) {
            throw new InputException(file + ": fc2.weight: expected 10 rows, one a class, got " + classes);
        }
        // A bias has as many entries as its layer has rows, so the file's length bounds the widths.
        check(file, tensors, "conv1.bias", List.of(conv1));
        check(file, tensors, "conv2.bias", List.of(conv2));
        check(file, tensors, "fc1.bias", List.of(fc1));
        check(file, tensors, "fc2.bias", List.of(classes));
        try {
            return new Architecture(conv1, conv2, fc1, classes);
        } catch (IllegalArgumentException e) {
            throw new InputException(file + ": rows of conv1.weight .. fc2.weight: " + e.getMessage(), e);
        }
    }

    /** Rows of a layer's weight, as it announces them. */
    private static int rows(Path file, Map<String, SafeTensors.Tensor> tensors, String layer, int dimensions) {
        int[] shape = tensor(file, tensors, layer + ".weight").shape();
        if (shape.length != dimensions) {
            throw new InputException(file + ": " + layer + ".weight: expected " + dimensions + " dimensions, got shape "
                    + Arrays.toString(shape));
        }
        return shape[0];
    }

    private static void check(
            Path file, Map<String, SafeTensors.Tensor> tensors, String name, List<Integer> expected) {
        int[] found = tensor(file, tensors, name).shape();
        if (!Arrays.stream(found).boxed().toList().equals(expected)) {
            throw new InputException(
                    file + ": " + name + ": expected shape " + expected + ", got " + Arrays.toString(found));
        }
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
