package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import lnr.lenet.format.Npy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SolveCommandTest {
    private static final int D = 13;
    private static final int H = 7;
    private static final int SAMPLES = 60;

    @TempDir
    Path folder;

    private final double[] r = new double[D * D];
    private final double[] c = new double[H * D];

    @BeforeEach
    void correlations() {
        Random random = new Random(5);
        double[] w = random.doubles(H * D, -1, 1).toArray();
        for (int s = 0; s < SAMPLES; s++) {
            double[] x = random.doubles(D, -1, 1).toArray();
            for (int j = 0; j < D; j++) {
                for (int i = 0; i < D; i++) {
                    r[j * D + i] += x[i] * x[j] / SAMPLES;
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

    private Run run(String rxx, String ryx, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "solve", "--rxx", folder.resolve(rxx).toString(), "--ryx", folder.resolve(ryx).toString()));
        arguments.addAll(List.of(more));
        return Run.of(folder, arguments.toArray(String[]::new));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"proximal-gradient", "fista", "alternating-minimization", "newton", "restarted-fista"})
    void methodsAgreeAndReportEverything(String method) {
        JsonNode reference = run("R.npy", "C.npy", "--lambda-ratio", "0.8", "--tol", "1e-13", "--json")
                .quiet()
                .json();
        double lambda = reference.path("lambda").asDouble();
        JsonNode report = run("R.npy", "C.npy", "--lambda", Double.toString(lambda), "--method", method, "--json")
                .quiet()
                .json();
        assertThat(report.path("method").asText()).isEqualTo(method);
        assertThat(report.path("device").asText()).isEqualTo("cpu");
        assertThat(report.path("precision").asText()).isEqualTo("fp64");
        assertThat(report.path("lambda").asDouble()).isEqualTo(lambda);
        assertThat(report.path("lambda_max").asDouble()).isGreaterThan(lambda);
        double objective = reference.path("objective").asDouble();
        assertThat(report.path("objective").asDouble()).isNegative().isCloseTo(objective, within(-1e-9 * objective));
        assertThat(report.path("gap").asDouble(-1)).isNotNegative();
        assertThat(report.path("relative_gap").asDouble(-1)).isBetween(0.0, 1e-6);
        assertThat(report.path("iterations").asInt()).isPositive();
        assertThat(report.path("status").asText()).isEqualTo("CONVERGED");
        assertThat(report.path("support").asInt()).isBetween(1, D - 1);
        assertThat(report.path("support_indices").size())
                .isEqualTo(report.path("support").asInt());
        assertThat(report.path("seconds").asDouble()).isPositive();
    }

    @Test
    void writesTheAnswerAndTheHistory() throws IOException {
        Path m = folder.resolve("M.npy");
        Path history = folder.resolve("h.csv");
        JsonNode report = run("R.npy", "C.npy", "--lambda-ratio", "0.3", "--json", "--out", m.toString(), "--history",
                        history.toString())
                .quiet()
                .json();
        Npy.Matrix answer = Npy.read(m);
        assertThat(answer.rows()).isEqualTo(H);
        assertThat(answer.cols()).isEqualTo(D);
        List<String> lines = Files.readAllLines(history);
        assertThat(lines).first().isEqualTo("iteration,objective");
        assertThat(lines).hasSize(1 + report.path("iterations").asInt());
        assertThat(Double.parseDouble(lines.get(lines.size() - 1).split(",")[1]))
                .isCloseTo(report.path("objective").asDouble(), within(1e-9));
        assertThat(report.path("lambda").asDouble())
                .isCloseTo(0.3 * report.path("lambda_max").asDouble(), within(1e-12));
        assertThat(report.at("/asked/lambda_ratio").asDouble()).isEqualTo(0.3);
        assertThat(report.path("rxx").asText()).isEqualTo(folder.resolve("R.npy").toString());
        assertThat(report.path("ryx").asText()).isEqualTo(folder.resolve("C.npy").toString());
        assertThat(files()).containsExactly("C.npy", "M.npy", "R.npy", "h.csv");
    }

    @Test
    void fromLambdaMaxOnNothingIsLeft() {
        JsonNode report = run("R.npy", "C.npy", "--lambda-ratio", "1", "--json").quiet().json();
        assertThat(report.path("support").asInt(-1)).isZero();
        assertThat(report.path("status").asText()).isEqualTo("CONVERGED");
        assertThat(report.path("gap").asDouble(-1)).isBetween(0.0, 1e-9);
    }

    @Test
    void aBiasIsNeverCounted() {
        JsonNode report = run("R.npy", "C.npy", "--lambda", "0", "--bias", "--json").quiet().json();
        assertThat(report.path("support").asInt()).isEqualTo(D - 1);
    }

    @Test
    void keepsAsManyGroupsAsAsked() {
        for (int keep : new int[] {0, 1, 6, D}) {
            JsonNode report = run("R.npy", "C.npy", "--keep", Integer.toString(keep), "--json").quiet().json();
            assertThat(report.path("asked").toString()).isEqualTo("{\"keep\":" + keep + "}");
            assertThat(report.path("support").asInt()).isEqualTo(keep);
            assertThat(report.path("groups").asInt()).isEqualTo(D);
            assertThat(report.path("below").isNull()).isTrue();
            assertThat(report.path("above").isNull()).isTrue();
        }
        assertThat(run("R.npy", "C.npy", "--keep", "6").quiet().out()).contains("support      6 of 13 columns");
    }

    /** Two columns of one norm, uncorrelated, enter at one lambda. */
    @Test
    void tellsTheNearestWhereNoLambdaKeepsTheNumberAsked() {
        write("unit.npy", 3, 3, new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1});
        write("pair.npy", 1, 3, new double[] {3, 2, -2});
        Run run = run("unit.npy", "pair.npy", "--keep", "2", "--json").good();
        assertThat(run.json().path("support").asInt()).isEqualTo(1);
        assertThat(run.json().at("/below/support").asInt()).isEqualTo(1);
        assertThat(run.json().at("/above/support").asInt()).isEqualTo(3);
        assertThat(run.json().at("/above/lambda").asDouble()).isCloseTo(2, within(1e-4)).isLessThan(2);
        assertThat(run.err()).contains("exactly 2 groups; kept 1: the nearest below is 1, above 3");
        assertThat(run("unit.npy", "pair.npy", "--keep", "2").good().out())
                .contains("asked        2 groups", "next below   1 of 3 columns", "next above   3 of 3 columns");
        JsonNode report = run("unit.npy", "pair.npy", "--target-size", "99.9%", "--json").quiet().json();
        assertThat(report.path("columns_kept").asInt()).isEqualTo(1);
        assertThat(report.at("/asked/target_size").asDouble()).isEqualTo(99.9);
        assertThat(report.at("/above/columns_kept").asInt()).isEqualTo(3);
        run("unit.npy", "pair.npy", "--keep", "4")
                .refused("--keep: expected 0 to 3 groups, found 4; the nearest below is 3, there is none above");
    }

    /** Groups of any columns are groups of neighbours of a problem with its columns in another order. */
    @Test
    void groupsNeedNotBeNeighbours() throws IOException {
        int[] order = {4, 0, 9, 1, 2, 12, 3, 5, 6, 7, 8, 11};
        double[] rp = new double[order.length * order.length];
        double[] cp = new double[H * order.length];
        double[] rs = new double[rp.length];
        double[] cs = new double[cp.length];
        for (int j = 0; j < order.length; j++) {
            for (int i = 0; i < order.length; i++) {
                rp[j * order.length + i] = r[order[j] * D + order[i]];
                rs[rank(order, j) * order.length + rank(order, i)] = rp[j * order.length + i];
            }
            System.arraycopy(c, order[j] * H, cp, j * H, H);
            System.arraycopy(c, order[j] * H, cs, rank(order, j) * H, H);
        }
        write("Rp.npy", order.length, order.length, rp);
        write("Cp.npy", H, order.length, cp);
        write("Rs.npy", order.length, order.length, rs);
        write("Cs.npy", H, order.length, cs);
        StringBuilder lines = new StringBuilder("# threes\n");
        for (int k = 0; k < 4; k++) {
            for (int j = 3 * k; j < 3 * k + 3; j++) {
                lines.append(rank(order, j)).append(' ');
            }
            lines.append('\n');
        }
        Path groups = Files.writeString(folder.resolve("groups"), lines);
        Path weights = Files.writeString(folder.resolve("weights"), "1 2\n0.5\n1.5");
        Path m = folder.resolve("M.npy");
        String[] same = {"--weights", weights.toString(), "--lambda-ratio", "0.4", "--out", m.toString(), "--json"};
        JsonNode neighbours =
                run("Rp.npy", "Cp.npy", concat(same, "--group-size", "3")).quiet().json();
        double[] there = Npy.read(m).data();
        JsonNode scattered =
                run("Rs.npy", "Cs.npy", concat(same, "--groups", groups.toString())).quiet().json();
        double[] here = Npy.read(m).data();
        for (int j = 0; j < order.length; j++) {
            for (int i = 0; i < H; i++) {
                assertThat(here[rank(order, j) * H + i]).isCloseTo(there[j * H + i], within(1e-4));
            }
        }
        assertThat(scattered.path("groups").asInt()).isEqualTo(4);
        assertThat(scattered.path("support").asInt()).isBetween(1, 3);
        assertThat(scattered.path("support_indices")).isEqualTo(neighbours.path("support_indices"));
        assertThat(scattered.path("columns_kept").asInt()).isEqualTo(3 * scattered.path("support").asInt());
        assertThat(scattered.path("objective").asDouble())
                .isCloseTo(neighbours.path("objective").asDouble(), within(1e-8));
        assertThat(scattered.path("groups_file").asText()).isEqualTo(groups.toString());
        for (JsonNode column : scattered.path("column_indices")) {
            assertThat(here[column.asInt() * H]).isNotZero();
        }
    }

    private static int rank(int[] order, int j) {
        return (int) Arrays.stream(order).filter(k -> k < order[j]).count();
    }

    private static String[] concat(String[] some, String... more) {
        return Stream.of(some, more).flatMap(Arrays::stream).toArray(String[]::new);
    }

    @Test
    void refusesBadGroups() throws IOException {
        Path out = folder.resolve("M.npy");
        Path groups = folder.resolve("groups");
        String[] more = {"--keep", "1", "--out", out.toString(), "--groups", groups.toString()};
        run("R.npy", "C.npy", more).refused("groups: no such file");
        Files.writeString(groups, "0-6\n6-12\n");
        run("R.npy", "C.npy", more).refused("groups: line 2: column 6 is in the group of line 1 already");
        Files.writeString(groups, "0-6\n8-12\n");
        run("R.npy", "C.npy", more).refused("groups: column 7 is in no group");
        Files.writeString(groups, "0-6\n7-12\n");
        run("R.npy", "C.npy", concat(more, "--bias")).refused("line 2: expected columns from 0 to 11, found 12");
        run("R.npy", "C.npy", concat(more, "--group-size", "2"))
                .refused("--groups: expected no --group-size beside it");
        Path weights = Files.writeString(folder.resolve("weights"), "1\n-2\n");
        run("R.npy", "C.npy", concat(more, "--weights", weights.toString()))
                .refused("weights: line 2: expected a positive number, found '-2'");
        Files.writeString(weights, "1 2 3");
        run("R.npy", "C.npy", concat(more, "--weights", weights.toString()))
                .refused("weights: expected 2 weights, one for each group, found 3");
        run("R.npy", "C.npy", "--keep", "1", "--group-size", "5")
                .refused("--group-size: expected a divisor of 13 columns");
        run("R.npy", "C.npy", "--keep", "1", "--group-size", "0").refused("--group-size: expected 1 or more");
        run("R.npy", "C.npy", "--keep", "1", "--groups", groups.toString(), "--out", groups.toString())
                .refused("--out: expected another file than --groups");
        assertThat(out).doesNotExist();
    }

    @Test
    void aPathEndsAtTheLambdaAsked() throws IOException {
        Path m = folder.resolve("M.npy");
        JsonNode alone = run("R.npy", "C.npy", "--lambda-ratio", "0.05", "--json").quiet().json();
        JsonNode report = run("R.npy", "C.npy", "--lambda-ratio", "0.05", "--path", "7", "--out", m.toString(),
                        "--json")
                .quiet()
                .json();
        assertThat(report.path("lambda")).isEqualTo(alone.path("lambda"));
        assertThat(report.path("objective").asDouble()).isCloseTo(alone.path("objective").asDouble(), within(1e-8));
        JsonNode path = report.path("path");
        assertThat(path.path("lambda")).hasSize(7);
        assertThat(path.at("/lambda/0")).isEqualTo(report.path("lambda_max"));
        assertThat(path.at("/support/0").asInt(-1)).isZero();
        assertThat(path.at("/lambda/6")).isEqualTo(report.path("lambda"));
        assertThat(path.at("/support/6")).isEqualTo(report.path("support"));
        assertThat(Npy.read(m).cols()).isEqualTo(D);
        String table = run("R.npy", "C.npy", "--lambda-ratio", "0.05", "--path", "7").quiet().out();
        assertThat(table.lines().limit(9).toList())
                .satisfies(lines -> assertThat(lines.get(0)).startsWith("lambda ").contains("groups", "iterations"))
                .satisfies(lines -> assertThat(lines.get(8)).isEmpty());
        run("R.npy", "C.npy", "--lambda-ratio", "1", "--path", "7")
                .refused("--path: expected a lambda between 0 and lambda_max");
        run("R.npy", "C.npy", "--lambda", "0", "--path", "7")
                .refused("--path: expected a lambda between 0 and lambda_max");
        run("R.npy", "C.npy", "--keep", "3", "--path", "7").refused("--path: expected --lambda or --lambda-ratio");
        run("R.npy", "C.npy", "--lambda", "1", "--path", "1").refused("--path: expected 2 or more, found 1");
    }

    @Test
    void notToConvergeIsAStatus() {
        Run run = run("R.npy", "C.npy", "--lambda", "0.01", "--method", "fista", "--max-iterations", "3", "--json");
        assertThat(run.good().json().path("status").asText()).isEqualTo("MAX_ITERATIONS");
        assertThat(run.json().path("iterations").asInt()).isEqualTo(3);
        assertThat(run.json().path("max_iterations").asInt()).isEqualTo(3);
        assertThat(run.json().path("q").asDouble()).isEqualTo(10);
        assertThat(run("R.npy", "C.npy", "--lambda", "0.01", "--max-iterations", "1").good().err())
                .contains("not converged");
    }

    @Test
    void singlePrecisionReachesTheSameGap() {
        JsonNode report = run("R.npy", "C.npy", "--lambda-ratio", "0.1", "--method", "restarted-fista", "--precision",
                        "fp32", "--tol", "1e-12", "--json")
                .quiet()
                .json();
        assertThat(report.path("precision").asText()).isEqualTo("fp32");
        assertThat(report.path("status").asText()).isEqualTo("CONVERGED");
        assertThat(report.path("relative_gap").asDouble(1)).isLessThanOrEqualTo(1e-12);
    }

    @Test
    void refusesBadOptions() throws IOException {
        run("R.npy", "C.npy").refused("--lambda=X", "--lambda-ratio=X");
        run("R.npy", "C.npy", "--lambda", "1", "--lambda-ratio", "1").refused("--lambda", "mutually exclusive");
        run("R.npy", "C.npy", "--lambda", "1", "--keep", "1").refused("--lambda", "--keep", "mutually exclusive");
        run("R.npy", "C.npy", "--keep", "-1").refused("--keep: expected 0 or more, found -1");
        for (String size : new String[] {"-1%", "100.5%", "NaN%", "%", "half", "50"}) {
            run("R.npy", "C.npy", "--target-size=" + size)
                    .refused("--target-size: expected 0% to 100%, found '" + size + "'");
        }
        run("R.npy", "C.npy", "--lambda", "-1").refused("--lambda: expected a finite number, 0 or more, found -1.0");
        run("R.npy", "C.npy", "--lambda", "NaN").refused("--lambda: expected a finite number, 0 or more, found NaN");
        run("R.npy", "C.npy", "--lambda", "much").refused("--lambda", "much");
        run("R.npy", "C.npy", "--lambda-ratio", "-0.1").refused("--lambda-ratio: expected a finite number");
        run("R.npy", "C.npy", "--lambda", "1", "--q", "0").refused("--q: expected a finite number, more than 0");
        run("R.npy", "C.npy", "--lambda", "1", "--q", "-3").refused("--q: expected a finite number, more than 0");
        run("R.npy", "C.npy", "--lambda", "1", "--q", "5").refused("--q: newton has no such parameter");
        run("R.npy", "C.npy", "--lambda", "1", "--precision", "fp16")
                .refused("--precision: expected fp64 or fp32, got 'fp16'");
        run("R.npy", "C.npy", "--lambda", "1", "--precision", "fp32")
                .refused("--precision: newton expected fp64, got fp32; restarted-fista has it");
        run("R.npy", "C.npy", "--lambda", "1", "--tol", "0").refused("--tol: expected a finite number, more than 0");
        run("R.npy", "C.npy", "--lambda", "1", "--method", "simplex")
                .refused("--method: expected one of", "proximal-gradient, fista, alternating-minimization", "simplex");
        run("R.npy", "C.npy", "--lambda", "1", "--device", "tpu").refused("--device: expected", "cpu", "'tpu'");
        run("R.npy", "C.npy", "--lambda", "1", "--max-iterations", "0").refused("--max-iterations: expected 1 or more");
        assertThat(files()).containsExactly("C.npy", "R.npy");
    }

    @Test
    void refusesBadMatrices() throws IOException {
        Path out = folder.resolve("M.npy");
        String[] more = {"--lambda", "1", "--out", out.toString()};
        run("no.npy", "C.npy", more).refused("no.npy: no such file");
        run("C.npy", "C.npy", more).refused("--rxx", "C.npy: expected a square matrix, found 7 x 13");
        write("C12.npy", H, D - 1, new double[H * (D - 1)]);
        run("R.npy", "C12.npy", more).refused("--ryx", "C12.npy: expected 13 columns", "found 7 x 12");
        double[] asymmetric = r.clone();
        asymmetric[1] += 0.5;
        write("A.npy", D, D, asymmetric);
        run("A.npy", "C.npy", more).refused("--rxx", "A.npy", "expected a symmetric matrix", "[0,1]");
        double[] indefinite = r.clone();
        indefinite[0] = -1;
        write("I.npy", D, D, indefinite);
        run("I.npy", "C.npy", more).refused("--rxx", "I.npy", "R[0,0]: expected 0 or more");
        double[] broken = c.clone();
        broken[2 + 3 * H] = Double.POSITIVE_INFINITY;
        write("N.npy", H, D, broken);
        run("R.npy", "N.npy", more).refused("N.npy: entry [2, 3]: expected a finite number, found Infinity");
        byte[] bytes = Files.readAllBytes(folder.resolve("R.npy"));
        Files.write(folder.resolve("T.npy"), Arrays.copyOf(bytes, bytes.length - 1));
        run("T.npy", "C.npy", more).refused("T.npy: expected 1352 bytes of data", "found 1351");
        Files.writeString(folder.resolve("text.npy"), "not a matrix at all");
        run("text.npy", "C.npy", more).refused("text.npy: not an .npy file");
        assertThat(out).doesNotExist();
    }

    @Test
    void refusesRatiosThatOverflow() {
        double[] large = Arrays.stream(c).map(x -> 1e3 * x).toArray();
        write("L.npy", H, D, large);
        run("R.npy", "L.npy", "--lambda-ratio", "1.7e308").refused("--lambda-ratio: expected a finite number");
    }

    @Test
    void refusesNumbersWhoseSquaresOverflow() {
        write("L.npy", H, D, Arrays.stream(c).map(x -> 1e200 * x).toArray());
        run("R.npy", "L.npy", "--lambda", "1").refused("--ryx", "L.npy", "1.0E150", "scale R and C");
    }

    @Test
    void refusesMatricesWhoseAnswerOverflows() {
        write("small.npy", 1, 1, new double[] {1e-150});
        write("large.npy", 1, 1, new double[] {1e150});
        run("small.npy", "large.npy", "--lambda", "1")
                .refused("--rxx: ", "small.npy, --ryx: ", "large.npy: tau: ", "out of double precision's range");
    }

    /** The engine finds this out only as it solves. */
    @Test
    void refusesAnIndefiniteMatrixWithAGoodDiagonal() {
        double[] indefinite = new double[D * D];
        for (int j = 0; j < D; j++) {
            for (int i = 0; i < D; i++) {
                indefinite[j * D + i] = i == j ? 1 : -0.9;
            }
        }
        write("I.npy", D, D, indefinite);
        run("I.npy", "C.npy", "--lambda", "0.01").refused("--rxx", "I.npy", "positive semidefinite");
    }

    @Test
    void refusesOutputsBeforeItSolves() {
        run("no.npy", "C.npy", "--lambda", "1", "--out", folder.resolve("no/M.npy").toString())
                .refused("M.npy: cannot be written", "does not exist");
        run("no.npy", "C.npy", "--lambda", "1", "--history", folder.toString())
                .refused(folder + ": cannot be written: it is a folder");
        String same = folder.resolve("x").toString();
        run("R.npy", "C.npy", "--lambda", "1", "--out", same, "--history", same)
                .refused("--history: expected another file than --out");
        String r = folder.resolve("R.npy").toString();
        String c = folder.resolve(".").resolve("C.npy").toString();
        run("R.npy", "C.npy", "--lambda", "1", "--out", r).refused("--out: expected another file than --rxx");
        run("R.npy", "C.npy", "--lambda", "1", "--out", c).refused("--out: expected another file than --ryx");
        run("R.npy", "C.npy", "--lambda", "1", "--history", r).refused("--history: expected another file than --rxx");
        run("R.npy", "C.npy", "--lambda", "1", "--history", c).refused("--history: expected another file than --ryx");
    }

    private void write(String name, int rows, int cols, double[] data) {
        Npy.write(folder.resolve(name), rows, cols, data);
    }
}
