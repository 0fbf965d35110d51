package lnr.lenet.cli;

import lnr.kernels.Device;
import picocli.CommandLine.Option;

/** The option that names a device. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Where to compute: auto or cpu; 'lnr doctor' lists them. Default: ${DEFAULT-VALUE}")
    private String name;

    /** Opens the device; the caller closes it. */
    Device open() {
        return Expect.accepted("--device", () -> Device.open(name));
    }
}
