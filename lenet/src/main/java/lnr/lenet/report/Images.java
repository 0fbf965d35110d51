package lnr.lenet.report;

import lnr.kernels.Device;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;

/**
 * A data set in a device's memory.
 *
 * @param all images to train on
 * @param fitted those of them that are not held out
 * @param heldOut the others
 * @param test images that nothing is fitted to or chosen by
 * @param answers labels of these
 */
record Images(DeviceImages all, DeviceImages fitted, DeviceImages heldOut, DeviceImages test, byte[] answers)
        implements AutoCloseable {
    static Images of(Device device, Dataset data, int validation) {
        Dataset.Split.Parts parts = data.train().holdOut(validation);
        return new Images(
                on(device, data.train()),
                on(device, parts.fitted()),
                on(device, parts.heldOut()),
                on(device, data.test()),
                data.test().labels());
    }

    private static DeviceImages on(Device device, Dataset.Split split) {
        return new DeviceImages(device, split.images(), split.labels());
    }

    @Override
    public void close() {
        test.close();
        heldOut.close();
        fitted.close();
        all.close();
    }
}
