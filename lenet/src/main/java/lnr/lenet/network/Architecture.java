package lnr.lenet.network;

import java.util.List;
import lnr.kernels.Layers.ConvShape;

/**
 * Widths of a LeNet-5 of the Caffe kind on 28 x 28 images: two 5 x 5 convolutions, each followed by 2 x 2 max-pooling
 * and ReLU, a dense layer with ReLU, and a dense layer. Compression makes widths smaller, down to 0.
 *
 * @param conv1 filters of the first convolution
 * @param conv2 filters of the second
 * @param fc1 outputs of the first dense layer
 * @param classes outputs of the second
 */
public record Architecture(int conv1, int conv2, int fc1, int classes) {
    /** The network as published: 20, 50, 500, 10. */
    public static final Architecture LENET5 = new Architecture(20, 50, 500, 10);

    /** Side of an input image. */
    public static final int SIDE = 28;

    private static final int KERNEL = 5;
    private static final int MOST_PARAMETERS = Integer.MAX_VALUE - 8; // an array of them can be had

    /** Throws IllegalArgumentException when a width is out of range, or all parameters do not fit into one array. */
    public Architecture {
        if (conv1 < 0 || conv2 < 0 || fc1 < 0 || classes < 1 || classes > 256) {
            throw new IllegalArgumentException("architecture: expected widths of 0 or more and 1 to 256 classes, got "
                    + conv1 + "-" + conv2 + "-" + fc1 + "-" + classes);
        }
        // In doubles, which round where integers would wrap around.
        double features = 16.0 * conv2;
        double parameters = 26.0 * conv1 + conv2 * (25.0 * conv1 + 1) + fc1 * (features + 1) + classes * (fc1 + 1.0);
        if (Math.max(features, parameters) > MOST_PARAMETERS) {
            throw new IllegalArgumentException("architecture: expected widths of at most " + MOST_PARAMETERS
                    + " parameters, got " + conv1 + "-" + conv2 + "-" + fc1 + "-" + classes);
        }
    }

    /**
     * One layer's parameters: a weight and a bias.
     *
     * @param name PyTorch's name of the module
     * @param outputs rows of the weight, and length of the bias
     * @param shape shape of the weight, outputs first, as PyTorch stores it
     */
    public record Layer(String name, int outputs, List<Integer> shape) {
        /** Columns of the weight seen as a matrix. */
        public int inputs() {
            return shape.subList(1, shape.size()).stream().reduce(1, (a, b) -> a * b);
        }

        /** Numbers of weight and bias. */
        public int parameters() {
            return outputs * (inputs() + 1);
        }
    }

    /** The four layers, in order. */
    public List<Layer> layers() {
        return List.of(
                new Layer("conv1", conv1, List.of(conv1, 1, KERNEL, KERNEL)),
                new Layer("conv2", conv2, List.of(conv2, conv1, KERNEL, KERNEL)),
                new Layer("fc1", fc1, List.of(fc1, second().outputs())),
                new Layer("fc2", classes, List.of(classes, fc1)));
    }

    /** The same with {@code width} outputs of a layer, 0 for conv1 to 3 for fc2. */
    public Architecture withWidth(int layer, int width) {
        return switch (layer) {
            case 0 -> new Architecture(width, conv2, fc1, classes);
            case 1 -> new Architecture(conv1, width, fc1, classes);
            case 2 -> new Architecture(conv1, conv2, width, classes);
            case 3 -> new Architecture(conv1, conv2, fc1, width);
            default -> throw new IllegalArgumentException("layer: expected 0 to 3, got " + layer);
        };
    }

    /** Weights and biases of all layers. */
    public int parameters() {
        return layers().stream().mapToInt(Layer::parameters).sum();
    }

    /** Multiplications and additions of one image's forward pass, biases and activations left out. */
    public long flops() {
        return flops(0) + flops(1) + flops(2) + flops(3);
    }

    /** Those of one layer, 0 for conv1 to 3 for fc2. */
    public long flops(int layer) {
        long positions = layer == 0 ? 4 * 144 : layer == 1 ? 4 * 16 : 1;
        return 2 * positions * layers().get(layer).outputs() * layers().get(layer).inputs();
    }

    /** The first convolution's shape. */
    public ConvShape first() {
        return new ConvShape(1, SIDE, SIDE, conv1, KERNEL);
    }

    /** The second convolution's shape. */
    public ConvShape second() {
        return new ConvShape(conv1, first().pooledHeight(), first().pooledWidth(), conv2, KERNEL);
    }

    /** Widths joined by dashes: {@code 20-50-500-10}. */
    @Override
    public String toString() {
        return conv1 + "-" + conv2 + "-" + fc1 + "-" + classes;
    }
}
