package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lnr.lenet.format.Npy;
import lnr.lenet.format.Npz;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathCommandTest {
    private static final int D = 12;
    private static final int H = 5;
    private static final int K = 9;

    @TempDir
    Path folder;

    @BeforeEach
    void correlations() {
        Random random = new Random(7);
        double[] x = random.doubles(D * 3 * D, -1, 1).toArray();
        double[] w = random.doubles(H * D, -1, 1).toArray();
        double[] r = new double[D * D];
        double[] c = new double[H * D];
        for (int j = 0; j < D; j++) {
            for (int i = 0; i < D; i++) {
                for (int s = 0; s < 3 * D; s++) {
                    r[j * D + i] += x[s * D + i] * x[s * D + j] / (3 * D);
                }
            }
        }
        for (int j = 0; j < D; j++) {
            for (int i = 0; i < H; i++) {
                for (int k = 0; k < D; k++) {
                    c[j * H + i] += w[k * H + i] * r[j * D + k];
                }
            }
        }
        Npy.write(folder.resolve("R.npy"), D, D, r);
        Npy.write(folder.resolve("C.npy"), H, D, c);
    }

    private Run run(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                command,
                "--rxx",
                folder.resolve("R.npy").toString(),
                "--ryx",
                folder.resolve("C.npy").toString()));
        arguments.addAll(List.of(more));
        return Run.of(folder, arguments.toArray(String[]::new));
    }

    @Test
    void theFileHoldsEveryAnswer() {
        Path out = folder.resolve("path.npz");
        JsonNode report = run("path", "--points", "" + K, "--group-size", "3", "--out", out.toString(), "--json")
                .quiet()
                .json();
        Map<String, Npz.Array> arrays = Npz.read(out);
        assertThat(arrays.keySet())
                .containsExactly(
                        "lambdas", "lambda_ratios", "support", "columns_kept", "objectives", "gaps", "relative_gaps",
                        "iterations", "M");
        assertThat(arrays.get("M").shape()).containsExactly(K, H, D);
        double[] m = arrays.get("M").data();
        for (int k = 0; k < K; k++) {
            double lambda = report.path("path").path("lambda").path(k).asDouble();
            assertThat(arrays.get("lambdas").data()[k]).isEqualTo(lambda);
            assertThat(arrays.get("lambda_ratios").data()[k]).isCloseTo(Math.pow(0.01, k / (K - 1.0)), within(1e-12));
            JsonNode alone = run("solve", "--group-size", "3", "--lambda", "" + lambda, "--json").quiet().json();
            assertThat(arrays.get("support").data()[k]).isEqualTo(alone.path("support").asDouble());
            assertThat(arrays.get("columns_kept").data()[k]).isEqualTo(3 * alone.path("support").asDouble());
            assertThat(arrays.get("objectives").data()[k])
                    .isCloseTo(alone.path("objective").asDouble(), within(1e-8));
            assertThat(arrays.get("relative_gaps").data()[k]).isBetween(0.0, 1e-10);
            int kept = 0;
            for (int j = 0; j < D; j++) {
                kept += m[k * H * D + j] != 0 ? 1 : 0;
            }
            assertThat(kept).isEqualTo(alone.path("columns_kept").asInt());
        }
        assertThat(report.path("groups").asInt()).isEqualTo(4);
        assertThat(report.path("path").path("status")).hasSize(K).allMatch(s -> s.asText().equals("CONVERGED"));
    }

    @Test
    void theTableHasALineForEachLambda() {
        String table = run("path", "--points", "4", "--least", "0.1").quiet().out();
        List<String> lines = table.lines().toList();
        assertThat(lines).hasSize(7);
        assertThat(lines.get(0)).contains("lambda", "ratio", "groups", "objective", "rel. gap", "iterations");
        assertThat(lines.get(1).split("\\s+")).startsWith(lines.get(1).split("\\s+")[0], "1.0000e+00", "0", "0");
        assertThat(lines.get(4)).contains("1.0000e-01");
        assertThat(lines.get(6)).startsWith("newton, fp64, on cpu: ");
        Run stopped = run("path", "--points", "4", "--method", "fista", "--max-iterations", "2").good();
        assertThat(stopped.out()).contains("MAX_ITERATIONS");
        assertThat(stopped.err()).contains("not converged at 3 of 4 lambdas");
    }

    @Test
    void refusesBadOptions() {
        Path out = folder.resolve("path.npz");
        String file = out.toString();
        run("path", "--points", "1", "--out", file).refused("--points: expected 2 or more, found 1");
        run("path", "--least", "1", "--out", file).refused("--least: expected a number below 1, found 1.0");
        run("path", "--least", "0", "--out", file).refused("--least: expected a finite number, more than 0");
        run("path", "--least", "NaN", "--out", file).refused("--least: expected a finite number, more than 0");
        run("path", "--lambda", "1", "--out", file).refused("--lambda");
        run("path", "--group-size", "5", "--out", file).refused("--group-size: expected a divisor of 12 columns");
        run("path", "--out", folder.resolve("no/path.npz").toString()).refused("cannot be written", "does not exist");
        run("path", "--out", folder.resolve("R.npy").toString()).refused("--out: expected another file than --rxx");
        assertThat(out).doesNotExist();
        Npy.write(folder.resolve("C.npy"), H, D, new double[H * D]);
        run("path", "--out", file).refused("--least: expected a lambda above 0, found 0.01 times lambda_max = 0.0");
    }
}
