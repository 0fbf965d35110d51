/**
 * What every device must do, as tests: one abstract class for each family of operations, run with each device's
 * factory. References are plain loops in double precision, written from the mathematics of the operations'
 * documentation; tolerances are bounds on rounding errors, none is tuned. Every buffer lies between guard zones.
 *
 * <p>A device binds the suite in a few lines:
 *
 * <pre>{@code
 * class CpuContractTest {
 *     @Nested
 *     class Products extends BlasContract {
 *         @Override
 *         protected Device open() {
 *             return Device.open("cpu");
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Data are random; a failure names its seed, and {@code -Dlnr.seed=<seed>} draws the same data again.
 */
package lnr.kernels.contract;
