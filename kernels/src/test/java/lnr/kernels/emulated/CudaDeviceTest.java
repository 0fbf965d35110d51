package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Layers;
import lnr.kernels.Profile;
import lnr.kernels.Recording;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import lnr.kernels.cuda.Internals;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a CUDA device does beyond the contract of all devices: names, recordings that fail, transfers, faults. */
@Buildable
class CudaDeviceTest {
    private static final int INVALID_VALUE = 1;
    private static final int OUT_OF_MEMORY = 2;
    private static final int NO_BINARY = 209;
    private static final int ILLEGAL_ADDRESS = 700;

    /** Bytes that cuBLAS works in. */
    private static final long WORKSPACE = 32 << 20;

    private Device device;
    private Scope scope;

    @BeforeEach
    void open() {
        Emulator.load();
        Emulator.schedule("forward");
        Emulator.lazy(true);
        Emulator.log();
        device = Device.open("cuda");
        scope = device.scope();
    }

    @AfterEach
    void close() {
        try {
            scope.close();
            assertThat(device.heldBytes()).isZero();
        } finally {
            device.close();
            Emulator.memory(2L << 30);
            Emulator.log(); // of devices that were lost
        }
    }

    @Test
    void devicesAreOpenedByNumber() {
        assertThat(device.name()).isEqualTo("cuda:0");
        try (Device same = Device.open("cuda:0");
                Device best = Device.open("auto")) {
            assertThat(same.description()).containsEntry("processor", "emulated");
            assertThat(best.name()).isEqualTo("cuda:0");
            assertThat(best.choice()).isEqualTo("the first GPU, for auto");
        }
        assertThatThrownBy(() -> Device.open("cuda:9"))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:9: no such device, this process sees ");
        for (String name : List.of("cuda:", "cuda:-1", "cuda:1 ", "gpu", "cuda:12345")) {
            assertThatThrownBy(() -> Device.open(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("device: expected auto, cpu, cuda or cuda:N, got '" + name + "'");
        }
    }

    @Test
    void memoryOfAnotherDeviceIsRefusedEvenOfTheSameKind() {
        try (Device other = Device.open("cuda:0");
                Scope foreign = other.scope()) {
            assertThatThrownBy(() -> device.blas().copy(foreign.f64(2), scope.f64(2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not memory of the cuda:0 device");
        }
    }

    @Test
    void whatAllocatesOrWaitsCannotBeRecorded() {
        F64 a = scope.f64(new double[] {2, 1, 1, 2});
        F64 w = scope.f64(2);
        F64 sum = scope.f64(1);
        try (Profile profile = device.profile()) {
            List<ThrowingCallable> refused = List.of(
                    () -> scope.f64(1),
                    () -> w.write(new double[2]),
                    w::toArray,
                    () -> device.blas().cholesky(2, a),
                    () -> device.blas().cholesky(2, a, sum),
                    () -> device.blas().eigen(2, a, w),
                    () -> device.blas().largestEigenvalue(2, a),
                    () -> device.record(() -> {}),
                    device::synchronize,
                    device::profile,
                    profile::close,
                    profile::entries,
                    device::close);
            for (ThrowingCallable call : refused) {
                device.record(() -> {
                            assertThatThrownBy(call)
                                    .isInstanceOf(IllegalStateException.class)
                                    .hasMessageEndingWith(" while operations are recorded");
                            device.blas().dot(w, w, sum);
                        })
                        .close();
            }
        }
        assertThat(a.toArray()).containsExactly(2, 1, 1, 2);
        assertThat(Emulator.log()).isEmpty();
    }

    @Test
    void aRecordingWhoseOperationsFailLeavesTheDeviceAsItWas() {
        F64 x = scope.f64(new double[] {1, 2, 3});
        F64 y = scope.f64(3);
        RuntimeException failure = new RuntimeException("as the test asks");
        assertThatThrownBy(() -> device.record(() -> {
                    device.blas().axpy(1, x, y);
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(y.toArray()).containsExactly(0, 0, 0);
        device.blas().axpy(2, x, y);
        assertThat(y.toArray()).containsExactly(2, 4, 6);
        assertThat(Emulator.log()).isEmpty();
    }

    @Test
    void scratchMemoryDoesNotGrowInARecording() {
        F64 x = scope.f64(100_000);
        F64 sum = scope.f64(1);
        assertThatThrownBy(() -> device.record(() -> device.blas().dot(x, x, sum)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("run the operations once before");
        device.blas().dot(x, x, sum);
        assertThatCode(() -> device.record(() -> device.blas().dot(x, x, sum)).close()).doesNotThrowAnyException();
    }

    @Test
    void anEmptyRecordingDoesNothing() {
        try (Recording recording = device.record(() -> {})) {
            recording.replay();
        }
        assertThat(Emulator.log()).isEmpty();
    }

    // Nothing runs before something waits, and each upload has a place of its own until then.
    @Test
    void arraysMayChangeOnceTheyWereWritten() {
        int count = 1000;
        F64 all = scope.f64(count);
        double[] one = new double[1];
        for (int i = 0; i < count; i++) {
            one[0] = i;
            all.slice(i, 1).write(one);
        }
        double[] large = new double[3_000_000];
        F64 first = scope.f64(large.length);
        F64 second = scope.f64(large.length);
        Arrays.fill(large, 1);
        first.write(large);
        Arrays.fill(large, 2);
        second.write(large);
        Arrays.fill(large, 3);
        assertThat(all.toArray()).isEqualTo(IntStream.range(0, count).asDoubleStream().toArray());
        assertThat(first.toArray()).containsOnly(1);
        assertThat(second.toArray()).containsOnly(2);
    }

    @Test
    void outOfMemoryTellsWhatWasAskedHeldAndFree() {
        Emulator.memory(100_000_000);
        F64 held = scope.f64(1_000_000);
        assertThatThrownBy(() -> scope.f64(12_000_000))
                .isInstanceOf(DeviceException.class)
                .hasMessage("cuda:0: out of memory: asked for 12000000 numbers of 8 bytes, holding 8000000 bytes in"
                        + " buffers and 33554432 to work in, 58445568 of 100000000 free; see nvidia-smi for what else"
                        + " uses the device");
        assertThat(device.heldBytes()).isEqualTo(8_000_000);
        held.write(new double[1_000_000]);
        assertThat(held.toArray()).containsOnly(0);
    }

    // A sum's partials take 8 kB, of which there is a megabyte at first; the penalty of so many groups takes more.
    @Test
    void scratchMemoryGrowsByNoMoreThanThereIsRoomFor() {
        int count = 150_000;
        int[] starts = IntStream.rangeClosed(0, count).toArray();
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        Groups groups = Groups.of(scope, starts, ones);
        F64 m = scope.f64(ones);
        F64 sum = scope.f64(1);
        device.blas().dot(m, m, sum);
        long used = device.heldBytes() + WORKSPACE + (1 << 20);
        Emulator.memory(used + 8L * count - 1);
        assertThatThrownBy(() -> device.groupNorm().penalty(1, groups, m, sum))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:0: out of memory: asked for 1200000 bytes for operations to work in,"
                        + " holding " + device.heldBytes() + " bytes in buffers and " + (WORKSPACE + (1 << 20))
                        + " to work in, 1199999 of ");
        Emulator.memory(used + 8L * count);
        device.groupNorm().penalty(1, groups, m, sum);
        assertThat(sum.toArray()).containsExactly(count);
        Emulator.memory(used + 8L * count + 1000);
        assertThatThrownBy(() -> scope.f64(1000))
                .hasMessageContaining(" and " + (WORKSPACE + (1 << 20) + 8L * count) + " to work in, 1000 of ");
    }

    @ParameterizedTest
    @CsvSource({
        "cuDevicePrimaryCtxRetain, cuda:0",
        "cuMemHostAlloc, 8388608 bytes of the host's",
        "cuModuleLoadData, 'vector, [1-9][0-9]* bytes'",
        "cuStreamCreate, ''",
    })
    void outOfMemoryWhileADeviceIsOpenedTellsTheSame(String call, String asked) {
        device.close();
        Emulator.failCall(call, OUT_OF_MEMORY);
        assertThatThrownBy(() -> Device.open("cuda"))
                .isInstanceOf(DeviceException.class)
                .hasMessageMatching("cuda:0: out of memory: asked for what " + call + "\\(" + asked + "\\) takes,"
                        + " holding 0 bytes in buffers and 0 to work in, .* see nvidia-smi .*");
        assertThat(Emulator.log()).noneMatch(line -> line.startsWith("leaked"));
    }

    @Test
    void outOfMemoryForARecordingTellsTheSameAndLeavesTheDeviceAsItWas() {
        F64 x = scope.f64(new double[] {1, 2, 3});
        F64 y = scope.f64(3);
        Runnable twice = () -> {
            device.blas().axpy(1, x, y);
            device.blas().axpy(1, x, y);
        };
        Emulator.failCall("cuGraphInstantiate", OUT_OF_MEMORY);
        assertThatThrownBy(() -> device.record(twice))
                .isInstanceOf(DeviceException.class)
                .hasMessageMatching("cuda:0: out of memory: asked for what cuGraphInstantiate\\(2 operations\\) takes,"
                        + " holding 48 bytes in buffers and 33554432 to work in, \\d+ of \\d+ free; .*");
        try (Recording recording = device.record(twice)) {
            recording.replay();
        }
        assertThat(y.toArray()).containsExactly(2, 4, 6);
    }

    // cuBLAS has its memory from the driver, and says no more than that there is none.
    @Test
    void outOfMemoryForALibraryTellsTheSame() {
        F64 a = scope.f64(new double[] {4});
        Emulator.failCall("cusolverDnCreate", OUT_OF_MEMORY);
        assertThatThrownBy(() -> device.blas().cholesky(1, a))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:0: out of memory: asked for what cusolverDnCreate() takes, holding 8"
                        + " bytes in buffers and ");
        assertThat(device.blas().cholesky(1, a)).isTrue();
    }

    @Test
    void aLibraryWithoutCodeForTheDeviceIsToldWithTheMend() {
        F64 a = scope.f64(new double[] {4});
        String mend = "; the library has no code for this device: install that of a CUDA that knows it, or name its"
                + " directory by LNR_CUDA_PATH";
        Emulator.failCall("cusolverDnCreate", NO_BINARY);
        assertThatThrownBy(() -> device.blas().cholesky(1, a))
                .isInstanceOf(DeviceException.class)
                .hasMessage("cuda:0: cusolverDnCreate() failed: CUSOLVER_STATUS_ARCH_MISMATCH" + mend);
        device.close();
        Emulator.failCall("cublasCreate", NO_BINARY);
        assertThatThrownBy(() -> Device.open("cuda"))
                .isInstanceOf(DeviceException.class)
                .hasMessage("cuda:0: cublasCreate() failed: CUBLAS_STATUS_ARCH_MISMATCH" + mend);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, NO_BINARY, 218, 221, 222, 223})
    void codeThatTheDriverDoesNotTakeIsToldWithTheMend(int result) {
        assertThat(Internals.failure(result))
                .startsWith("cuda:0: cuModuleLoadData() failed: ")
                .contains("; the kernels were built without code for this device, and the driver ")
                .contains(result == 223 ? "unset CUDA_DISABLE_PTX_JIT" : "install a newer driver");
    }

    // The kernel's fault, the device's, two that JCuda has no name for, the server's, another device's, and no device
    // that answers.
    @ParameterizedTest
    @ValueSource(ints = {ILLEGAL_ADDRESS, 719, 226, 721, 810, 911, 999})
    void aLostDeviceSaysSoAndCanBeClosed(int error) {
        F64 x = scope.f64(new double[] {1, 2, 3});
        F64 y = scope.f64(3);
        Recording recording = device.record(() -> device.blas().axpy(1, x, y));
        Emulator.loseLaunch(1, error);
        device.blas().axpy(1, x, y);
        // The device runs behind: whatever waits first tells.
        assertThatThrownBy(y::toArray)
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:0: ")
                .hasMessageContaining("the device is lost")
                .hasMessageContaining("start again");
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> device.blas().axpy(1, x, y), recording::replay, device::synchronize, () -> scope.f64(1))) {
            assertThatThrownBy(call).isInstanceOf(DeviceException.class).hasMessageContaining("the device is lost");
        }
        assertThatCode(recording::close).doesNotThrowAnyException();
        assertThatCode(scope::close).doesNotThrowAnyException();
        assertThat(device.heldBytes()).isZero();
        assertThatCode(device::close).doesNotThrowAnyException();
    }

    // Found by a library's call rather than by the driver's.
    @Test
    void aLibrarysFailureOnALostDeviceIsToldAsTheDevices() {
        F64 x = scope.f64(new double[] {1, 2, 3, 4});
        F64 y = scope.f64(4);
        Emulator.control("lose 1 " + ILLEGAL_ADDRESS);
        device.blas().axpy(1, x, y);
        assertThatThrownBy(() -> {
                    device.blas().gemm(false, false, 2, 2, 2, 1, x, 2, x, 2, 0, y, 2);
                    device.blas().cholesky(2, y);
                })
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
    }

    @Test
    void aProfileCountsAndTimesWhatRan() {
        F64 x = scope.f64(new double[100_000]);
        F64 y = scope.f64(100_000);
        F64 sum = scope.f64(1);
        device.blas().axpy(1, x, y);
        device.blas().dot(x, y, sum);
        try (Recording step = device.record(() -> device.blas().dot(x, y, sum));
                Profile profile = device.profile()) {
            assertThatThrownBy(device::profile).isInstanceOf(IllegalStateException.class);
            device.blas().axpy(1, x, y);
            step.replay();
            step.replay();
            List<Profile.Entry> entries = profile.entries();
            assertThat(entries).extracting(Profile.Entry::name)
                    .containsExactlyInAnyOrder("lnr_axpy", "lnr_dot", "lnr_sum");
            for (Profile.Entry entry : entries) {
                assertThat(entry.calls()).as(entry.name()).isEqualTo(entry.name().equals("lnr_axpy") ? 1 : 2);
                assertThat(entry.seconds()).as(entry.name()).isNotNegative();
            }
            Profile.Entry axpy = entries.stream().filter(e -> e.name().equals("lnr_axpy")).findFirst().orElseThrow();
            assertThat(axpy.bytes()).isEqualTo(2.4e6);
            assertThat(axpy.flops()).isEqualTo(2e5);
            // By the emulated device's clocks: 32 GB/s, and 512 GF/s in double precision.
            assertThat(axpy.bound()).isEqualTo(2.4e6 / 32e9);
        }
        assertThat(Emulator.log()).isEmpty();
        device.profile().close();
    }

    // The checks of what refers to others by number wait, and a graph has none.
    @Test
    void aProfileOfARecordingHasNothingThatTheRecordingHasNot() {
        F32 z = scope.f32(10);
        U8 labels = scope.u8(1);
        F64 sums = scope.f64(2);
        Runnable loss = () -> device.layers().crossEntropy(1, 10, z, labels, null, sums);
        loss.run();
        try (Recording recording = device.record(loss);
                Profile profile = device.profile()) {
            recording.replay();
            assertThat(profile.entries()).extracting(Profile.Entry::name)
                    .containsExactlyInAnyOrder("lnr_cross_entropy", "lnr_add_losses");
        }
    }

    @Test
    void everyKernelAndLibraryCallTellsAProfileWhatItHasToDo() {
        try (Profile profile = device.profile()) {
            Operation.all(new Draw("profile"), false).forEach(operation -> operation.results(device));
            assertThat(profile.entries()).hasSizeGreaterThan(30).allSatisfy(entry -> {
                assertThat(entry.bytes()).as(entry.name()).isPositive();
                assertThat(entry.bound()).as(entry.name()).isPositive();
            });
        }
    }

    // The fast kernel would take a row of the grid for each two, and a grid has 65,535. The launch is lost, so as not
    // to wait for it: what any shape's kernel computes is the contract's to say.
    @Test
    void aConvolutionMayHaveMoreFiltersThanAGridHasRows() {
        Layers.ConvShape shape = new Layers.ConvShape(3, 250, 6, 131_074, 5);
        F32 x = scope.f32(shape.inputs());
        F32 w = scope.f32((long) shape.filters() * shape.patch());
        F32 b = scope.f32(shape.filters());
        F32 y = scope.f32(shape.outputs());
        long before = Emulator.launches().getOrDefault("lnr_convolve", 0L);
        Emulator.loseLaunch(1, ILLEGAL_ADDRESS);
        device.layers().convolve(shape, 1, x, w, b, y, null);
        assertThatThrownBy(device::synchronize).hasMessageContaining("the device is lost");
        assertThat(Emulator.launches().get("lnr_convolve")).isEqualTo(before + 1);
    }

    // What is asked for later neither changes what arrives nor is waited for.
    @Test
    void numbersArriveAsTheyWereWhenTheyWereAskedFor() {
        F64 x = scope.f64(new double[] {1, 2, 3});
        F64 one = scope.f64(new double[] {1, 1, 1});
        long before = Emulator.launches().getOrDefault("lnr_axpy", 0L);
        double[][] arrived = new double[400][3];
        Runnable[] arrivals = new Runnable[400];
        for (int i = 0; i < 400; i++) { // more than may be on their way at a time
            arrivals[i] = x.fetch(arrived[i]);
            device.blas().axpy(1, one, x);
        }
        arrivals[0].run();
        assertThat(Emulator.launches().get("lnr_axpy")).as("what has run").isLessThan(before + 400);
        for (int i = 399; i >= 0; i--) {
            arrivals[i].run();
            arrivals[i].run();
            assertThat(arrived[i]).containsExactly(1 + i, 2 + i, 3 + i);
        }
        F64 large = scope.f64(IntStream.range(0, 3_000_000).asDoubleStream().toArray());
        double[] all = new double[3_000_000];
        Runnable last = large.fetch(all); // three times the ring
        large.clear();
        last.run();
        assertThat(all).startsWith(0, 1, 2).endsWith(2_999_998, 2_999_999);
        assertThatThrownBy(() -> x.fetch(new double[2])).hasMessage("array: expected [3], got [2]");
    }

    @Test
    void namedRangesRunWhatTheyAreGiven() {
        assertThat(device.<Integer>range("epoch 3", () -> 7)).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(ints = {INVALID_VALUE, ILLEGAL_ADDRESS})
    void closingGoesOnWhenABlockCannotBeGivenBack(int error) {
        F64 x = scope.f64(new double[100_000]);
        device.blas().dot(x, x, scope.f64(1));
        Emulator.failCall("cuMemFree", error);
        assertThatCode(device::close).doesNotThrowAnyException();
        assertThat(Emulator.log())
                .as("nothing but buffers")
                .filteredOn(line -> line.startsWith("leaked"))
                .isNotEmpty()
                .allMatch(line -> line.matches("leaked block \\d+ of (8|800000) bytes"));
        assertThatThrownBy(device::synchronize).hasMessage("the cuda:0 device is closed");
        try (Device next = Device.open("cuda");
                Scope of = next.scope()) {
            assertThat(of.f64(new double[] {3}).toArray()).containsExactly(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync"})
    void aCopyThatFailsChangesNothingAndLeaksNothing(String call) {
        F64 x = scope.f64(new double[] {1, 2, 3});
        Emulator.failCall(call, INVALID_VALUE);
        assertThatThrownBy(() -> {
                    x.toArray();
                    x.write(new double[3]);
                })
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining(call);
        assertThat(x.toArray()).containsExactly(1, 2, 3);
        device.close();
        assertThat(Emulator.log()).noneMatch(line -> line.startsWith("leaked"));
    }

    @Test
    void closingGivesEverythingBack() {
        F64 x = scope.f64(new double[100_000]);
        device.blas().dot(x, x, scope.f64(1));
        device.blas().cholesky(1, scope.f64(new double[] {4}));
        device.record(() -> device.blas().axpy(1, x, x));
        device.profile();
        device.blas().axpy(1, x, x);
        device.close();
        device.close();
        assertThat(Emulator.log()).as("leaks").isEmpty();
        assertThatThrownBy(device::synchronize)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the cuda:0 device is closed");
    }
}
