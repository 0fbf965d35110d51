package lnr.kernels.cpu;
import lnr.kernels.*;
final class CpuLayers implements Layers {
    CpuLayers(Workers workers) {}
    public void gatherImages(int n, int size, U8 images, I32 order, float mean, float deviation, F32 x) {}
    public void gatherLabels(int n, U8 labels, I32 order, U8 y) {}
    public void convolve(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {}
    public void convolveBackward(ConvShape shape, int n, F32 x, F32 w, U8 winner, F32 dy, F32 dx, F32 dw, F32 db) {}
    public void dense(int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 b, F32 y) {}
    public void denseBackward(int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 y, F32 dy, F32 dx, F32 dw, F32 db) {}
    public void crossEntropy(int n, int classes, F32 z, U8 labels, F32 dz, F64 sums) {}
    public void adam(int t, double rate, double beta1, double beta2, double epsilon, F32 g, F32 m, F32 v, F32 w) {}
}
