package lnr.lenet.cli;

import java.util.function.Consumer;
import lnr.kernels.Device;
import lnr.kernels.Profile;
import lnr.lenet.InputException;
import picocli.CommandLine.Option;

/** The option that names a device. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Where to compute: cpu; cuda, the first NVIDIA GPU, or cuda:N, another; or auto, a GPU if one"
                    + " can be used. 'lnr doctor' lists them. Default: ${DEFAULT-VALUE}")
    private String name;

    @Option(
            names = "--profile",
            description = "Time every kernel of a GPU, and print a table of them on stderr at the end.")
    private boolean profile;

    /**
     * Opens the device, does {@code work} on it and closes it.
     *
     * @throws InputException when there is no device of that name, or it does not time its operations
     */
    void use(Session session, Consumer<Device> work) {
        try (Device device = Expect.accepted("--device", () -> Device.open(name))) {
            if (!profile) {
                work.accept(device);
                return;
            }
            try (Profile times = times(device)) {
                work.accept(device);
                Timetable.print(session, times);
            }
        }
    }

    private static Profile times(Device device) {
        try {
            return device.profile();
        } catch (UnsupportedOperationException e) {
            throw new InputException("--profile: " + e.getMessage() + "; take --device cuda", e);
        }
    }
}
