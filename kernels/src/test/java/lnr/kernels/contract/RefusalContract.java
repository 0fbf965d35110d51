package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every operation refuses before it touches anything: the arena then finds all buffers as they were. */
public abstract class RefusalContract extends DeviceContract {
    static Stream<Operation> operations() {
        return Operation.all(new Draw("refusals"), false).stream();
    }

    @ParameterizedTest
    @MethodSource("operations")
    void buffersOfAnotherLengthAreRefusedByName(Operation operation) {
        for (int i = 0; i < operation.arguments().size(); i++) {
            Operation.Argument argument = operation.arguments().get(i);
            int length = Array.getLength(argument.values());
            for (int wrong : new int[] {0, length - 1, length + 1}) {
                if (argument.length() == Operation.Length.EXACT
                        || argument.length() == Operation.Length.AT_LEAST && wrong < length) {
                    Object values = Array.newInstance(argument.values().getClass().getComponentType(), wrong);
                    List<Buffer> buffers = buffers(operation);
                    buffers.set(i, arena.any(values, false));
                    assertThatThrownBy(() -> operation.on(arena, buffers).run())
                            .as("%s of %d", argument.name(), wrong)
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageStartingWith(argument.name() + ": expected [" + length + "]")
                            .hasMessageEndingWith(", got [" + wrong + "]");
                    renewArena();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void buffersOfAClosedScopeAreRefused(Operation operation) {
        for (int i = 0; i < operation.arguments().size(); i++) {
            List<Buffer> buffers = buffers(operation);
            try (Arena closed = new Arena(device)) {
                buffers.set(i, closed.any(operation.arguments().get(i).values(), false));
            }
            assertThatThrownBy(() -> operation.on(arena, buffers).run())
                    .as(operation.arguments().get(i).name())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
            renewArena();
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void buffersOfAnotherKindOfDeviceAreRefused(Operation operation) {
        refusesBuffersOf(new ForeignDevice(), operation);
    }

    @Test
    void buffersOfAnotherDeviceOfItsKindAreRefused() {
        try (Device other = open()) {
            operations().forEach(operation -> refusesBuffersOf(other, operation));
        }
    }

    private void refusesBuffersOf(Device other, Operation operation) {
        for (int i = 0; i < operation.arguments().size(); i++) {
            List<Buffer> buffers = buffers(operation);
            Buffer own = buffers.get(i);
            try (Scope foreign = other.scope()) {
                buffers.set(i, own instanceof F32 ? foreign.f32(own.length())
                        : own instanceof F64 ? foreign.f64(own.length())
                        : own instanceof U8 ? foreign.u8(own.length())
                        : foreign.i32(own.length()));
                assertThatThrownBy(() -> operation.on(arena, buffers).run())
                        .as("%s: %s", operation, operation.arguments().get(i).name())
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith(buffers.get(i).toString())
                        .hasMessageContaining("not memory of the " + device.name() + " device");
            }
            renewArena();
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void theCataloguesOwnArgumentsAreAccepted(Operation operation) {
        assertThatCode(() -> operation.results(device)).doesNotThrowAnyException();
    }

    // Lengths that two negative sizes multiply to are right: only the sizes themselves can be refused.
    @Test
    void negativeSizesAreRefusedByName() {
        F32 one = arena.in(new float[] {1});
        F64 wide = arena.in(new double[] {1});
        F64 none = arena.in(new double[0]);
        F32 empty = arena.in(new float[0]);
        refuses("rows of a", () -> device.blas().gemm(false, false, -1, 1, 1, 1f, one, 1, one, 1, 0f, one, 1));
        refuses("columns of b", () -> device.blas().gemm(false, false, 1, -1, 1, 1f, one, 1, one, 1, 0f, one, 1));
        refuses("columns of a", () -> device.blas().gemm(false, false, 1, 1, -1, 1, wide, 1, wide, 1, 0, wide, 1));
        refuses("batch", () -> device.blas()
                .gemmStridedBatched(false, false, 1, 1, 1, 1, wide, 1, 0, wide, 1, 0, 0, wide, 1, 1, -1));
        refuses("stride of a", () -> device.blas()
                .gemmStridedBatched(false, false, 1, 1, 1, 1f, one, 1, -1, one, 1, 0, 0f, one, 1, 1, 1));
        refuses("stride of b", () -> device.blas()
                .gemmStridedBatched(false, false, 1, 1, 1, 1, wide, 1, 0, wide, 1, -1, 0, wide, 1, 1, 1));
        refuses("rows of a", () -> device.blas()
                .gemmStridedBatched(false, false, -1, 1, 0, 1, none, 1, 0, none, 1, 0, 0, none, 1, 1, 1));
        refuses("n", () -> device.blas().gram(-1, -1, wide, wide));
        refuses("k", () -> device.blas().gram(0, -1, none, none));
        refuses("n", () -> device.blas().cholesky(-1, wide));
        assertThatThrownBy(() -> device.blas().cholesky(0, none, wide))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("n: expected 1 or more, got 0");
        refuses("h", () -> device.blas().choleskySolve(-1, -1, wide, wide));
        refuses("n", () -> device.blas().choleskySolve(0, -1, wide, none));
        refuses("h", () -> device.blas().choleskySolve(-1, 0, none, none));
        refuses("n", () -> device.blas().largestEigenvalue(-1, wide));
        refuses("n", () -> device.correlation().addGram(-1, -1, false, one, wide));
        refuses("n", () -> device.correlation().addCross(-1, -1, -1, false, one, one, wide));
        refuses("n", () -> device.correlation().addSquares(-1, -1, one, wide));
        refuses("d", () -> device.correlation().addGram(0, -1, true, empty, none));
        refuses("n", () -> device.correlation().addPatchGram(-1, -1, 1, 1, 1, false, one, wide));
        refuses("channels", () -> device.correlation().addPatchGram(0, -1, 1, 1, 1, true, empty, none));
        Groups groups = arena.groups(new int[1], new double[0]);
        refuses("h", () -> device.groupNorm().norms(-1, groups, none, none));
        refuses("h", () -> device.groupNorm().prox(-1, 0, groups, 1, none, none));
        F64 four = arena.in(new double[4]);
        refuses("h", () -> device.groupNorm().restartedStep(1, -1, 0, groups, four, none, none, none, none, none));
        refuses("h", () -> device.groupNorm().gapSums(1, -1, 0, groups, none, none, none, none, none));
        for (int batch : new int[] {-1, 65_536}) {
            String message = "batch: expected 0 to 65535, got " + batch;
            assertThatThrownBy(() -> device.groupNorm()
                            .restartedStep(batch, 0, 0, groups, four, none, none, none, none, none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
            assertThatThrownBy(() -> device.groupNorm().gapSums(batch, 0, 0, groups, none, none, none, none, none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
        }
        I32 noColumns = arena.in(new int[0]);
        refuses("h", () -> device.support().gather(-1, noColumns, wide, none));
        refuses("h", () -> device.support().scatter(-1, noColumns, none, wide));
        refuses("d", () -> device.support().submatrix(-1, noColumns, wide, none));
        refuses("h", () -> device.support().slope(-1, groups, 1, 1, none, none, none, none, none));
        refuses("h", () -> device.support().inner(-1, groups, none, none, none));
        refuses("h", () -> device.support().addScaled(-1, groups, none, none, none));
        refuses("h", () -> device.support().retreat(-1, groups, 1, none, none, none));
        U8 image = arena.in(new byte[1]);
        I32 first = arena.in(new int[1]);
        I32 shifts = arena.in(new int[] {-1, 0});
        refuses("height", () -> device.layers().gatherShifted(1, -1, -1, image, first, shifts, 0, 1, one));
        refuses("width", () -> device.layers().gatherShifted(0, 0, -1, image, noColumns, shifts, 0, 1, empty));
    }

    private static void refuses(String name, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + ": expected 0 or more, got -1");
    }

    @Test
    void matricesMayBeLargerThanAsked() {
        F32 c = arena.out32(20);
        F32 a = arena.in(draw.floats(20));
        device.blas().gemm(false, false, 2, 2, 2, 1f, a, 3, a, 4, 0f, c, 5);
        float[] result = c.toArray();
        for (int i = 0; i < 20; i++) {
            assertThat(Float.isNaN(result[i])).as("element %d", i).isEqualTo(i >= 10 || i % 5 >= 2);
        }
    }

    private List<Buffer> buffers(Operation operation) {
        List<Buffer> buffers = new ArrayList<>();
        for (Operation.Argument argument : operation.arguments()) {
            buffers.add(arena.any(argument.values(), false));
        }
        return buffers;
    }
}
