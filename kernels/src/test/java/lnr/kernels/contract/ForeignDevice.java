package lnr.kernels.contract;

import java.util.Map;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.Correlation;
import lnr.kernels.Device;
import lnr.kernels.GroupNorm;
import lnr.kernels.Layers;
import lnr.kernels.Recording;
import lnr.kernels.Storage;
import lnr.kernels.Support;

/** A device that has buffers and nothing else, for what must not happen to the buffers of another device. */
final class ForeignDevice implements Device {
    @Override
    public String name() {
        return "foreign";
    }

    @Override
    public String choice() {
        return "for tests";
    }

    @Override
    public Map<String, String> description() {
        return Map.of();
    }

    @Override
    public Storage allocate(Type type, long length, boolean zeroed) {
        return new Storage(this) {
            @Override
            protected void upload(Object source, int from, long to, int count) {}

            @Override
            protected void download(long from, Object target, int to, int count) {}

            @Override
            protected void clear(long from, long count) {}

            @Override
            protected void release() {}
        };
    }

    @Override
    public long heldBytes() {
        return 0;
    }

    @Override
    public Blas blas() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Support support() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BlockDescent blockDescent() {
        throw new UnsupportedOperationException();
    }

    @Override
    public GroupNorm groupNorm() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Correlation correlation() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Layers layers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Recording record(Runnable operations) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
