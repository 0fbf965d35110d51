package lnr.bench.compare;

import static java.lang.Double.NaN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lnr.bench.TextProblem;
import lnr.bench.Tile;
import lnr.kernels.Device;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import org.junit.jupiter.api.Test;

/** Tables and JSON of made-up timings, and LNR's side on tiny data. */
class FindingsTest {
    private static Outcome outcome(Task task, double lnrValue, double torchValue) {
        return new Outcome(
                task,
                new Timings(new double[] {2, 1, 4}),
                new Timings(new double[] {3, 5, 6}),
                task.isBounded() ? new Timings(new double[] {1, 1, 1}) : null,
                Found.of(lnrValue),
                Found.of(torchValue));
    }

    @Test
    void ratiosAreOfMediansAndOfRounds() {
        Outcome outcome = outcome(Task.of(List.of("epoch"), false).get(0), 0.5, 0.6);
        assertThat(outcome.ratio()).isEqualTo(2.5);
        Timings rounds = outcome.lnr().ratios(outcome.other());
        assertThat(rounds.seconds()).containsExactly(1.5, 5, 1.5);
        assertThat(new Timings(new double[] {4, 1, 3, 2}).median()).isEqualTo(2.5);
        assertThat(rounds.min()).isEqualTo(1.5);
        assertThat(rounds.max()).isEqualTo(5);
    }

    @Test
    void targetsAreForFullRuns() {
        List<Outcome> outcomes = List.of(outcome(Task.of(List.of("epoch"), false).get(0), 0.5, 0.6));
        assertThat(new Findings(Map.of(), true, outcomes).text()).contains("2.50 (1.50 - 5.00)", "1.5 yes");
        assertThat(new Findings(Map.of(), false, outcomes).text()).doesNotContain("yes");
    }

    @Test
    void objectivesOfAProblemMustAllAgree() {
        List<Task> toy = Task.of(List.of("toy"), false);
        Outcome first = outcome(toy.get(0), -100, -100 * (1 + 5e-10));
        Outcome second = outcome(toy.get(1), -100 * (1 + 9e-10), -100 * (1 + 9e-10));
        Outcome third = outcome(toy.get(2), -100 * (1 - 5e-10), -100);
        assertThat(Outcome.agree(List.of(first, second))).isTrue();
        // Each pair is within 1e-9; the three together are not.
        assertThat(Outcome.agree(List.of(first, second, third))).isFalse();
        assertThat(Outcome.agree(List.of(outcome(toy.get(0), -100, Double.NaN)))).isFalse();
        assertThat(Outcome.agree(List.of(outcome(Task.of(List.of("forward"), false).get(0), 0.5, 0.9)))).isTrue();
        assertThat(new Findings(Map.of(), true, List.of(first, second, third)).text()).contains("DISAGREE");
    }

    @Test
    void aGpuHasTargetsOfItsOwn() {
        List<Task> tasks = Task.of(List.of("epoch", "checkpoint", "gram", "patches", "prox"), true);
        assertThat(tasks.stream().map(Task::target)).containsExactly(5.0, 5.0, NaN, NaN, 1.0, NaN);
        assertThat(tasks.stream().map(Task::share)).containsExactly(NaN, NaN, NaN, 1 / 1.5, NaN, 0.85);
        Outcome prox = outcome(tasks.get(5), 1, 1);
        assertThat(prox.share()).isEqualTo(0.5);
        assertThat(new Findings(Map.of(), true, List.of(prox)).text()).contains("0.50 (0.25 - 1.00)", "0.85 NO");
        Map<?, ?> json = (Map<?, ?>) ((List<?>) new Findings(Map.of(), true, List.of(prox)).json().get("tasks")).get(0);
        assertThat(json.get("share")).isEqualTo(0.5);
        assertThat(json.get("share_reached")).isEqualTo(false);
        assertThat(json.containsKey("target")).isFalse();
    }

    @Test
    void operationsOfOtherShapesAreTrials() {
        Task task = Task.of(List.of("prox:64x256"), true).get(0);
        assertThat(task.title()).isEqualTo("prox 64x256");
        assertThat(task.request()).isEqualTo("prox 64x256 20");
        assertThat(task.share()).isNaN();
        assertThat(Task.name("epoch:7")).isEqualTo("epoch:7");
    }

    @Test
    void resultsOfAnOperationMustAgree() {
        Task task = Task.of(List.of("patches"), true).get(0);
        assertThat(Outcome.agree(List.of(outcome(task, 1, 1.00001)))).isTrue();
        List<Outcome> apart = List.of(outcome(task, 1, 1.01));
        assertThat(Outcome.agree(apart)).isFalse();
        assertThat(new Findings(Map.of(), true, apart).text()).contains("DISAGREE");
    }

    @Test
    void jsonHasEveryRound() {
        Map<String, Object> circumstances = new LinkedHashMap<>();
        circumstances.put("date", "2000-01-01T00:00:00Z");
        List<Outcome> outcomes = List.of(
                outcome(Task.of(List.of("forward"), false).get(0), 0.5, 0.6),
                outcome(Task.of(List.of("checkpoint"), false).get(0), -1, -1));
        JsonNode root = new ObjectMapper().valueToTree(new Findings(circumstances, true, outcomes).json());
        assertThat(root.path("date").asText()).isEqualTo("2000-01-01T00:00:00Z");
        JsonNode forward = root.path("tasks").path(0);
        assertThat(forward.path("lnr").path("seconds").size()).isEqualTo(3);
        assertThat(forward.path("lnr").path("median").asDouble()).isEqualTo(2);
        assertThat(forward.path("ratio").asDouble()).isEqualTo(2.5);
        assertThat(forward.path("reached").asBoolean()).isTrue();
        JsonNode solve = root.path("tasks").path(1);
        assertThat(solve.has("target")).isFalse();
        assertThat(solve.path("objective_difference").asDouble()).isZero();
        assertThat(root.path("objectives_agree").asBoolean()).isTrue();
    }

    @Test
    void titlesTellMethodsApart() {
        List<Task> all = Task.of(Task.GROUPS, false);
        assertThat(all.stream().map(Task::title)).doesNotHaveDuplicates().contains("toy fista q=250", "correlation");
        assertThat(all.stream().filter(Task::isPass)).hasSize(3);
    }

    @Test
    void certifiedObjectivesMayDifferByTheirGaps() {
        Task task = Task.of(List.of("newton"), false).get(0);
        Found lnr = new Found(-100, 1e-7, 1e-9);
        assertThat(certified(task, lnr, new Found(-100 + 3e-7, 3e-7, 3e-9)).isProved()).isTrue();
        assertThat(certified(task, lnr, new Found(-100 - 2e-7, 0, 0)).isProved()).isFalse();
        assertThat(certified(task, lnr, Found.of(-100)).isProved()).isFalse();
        Outcome far = certified(task, new Found(-100, 1e-5, 1e-7), new Found(-100, 1e-7, 1e-9));
        assertThat(Outcome.agree(List.of(far))).isFalse();
        assertThat(new Findings(Map.of(), true, List.of(far)).text()).contains("1.0e-07 and 1.0e-09: DISAGREE");
        Map<?, ?> json = (Map<?, ?>) ((List<?>) new Findings(Map.of(), true, List.of(far)).json().get("tasks")).get(0);
        assertThat(json.get("against")).isEqualTo("PyTorch");
        assertThat(((Map<?, ?>) json.get("lnr")).get("relative_gap")).isEqualTo(1e-7);
    }

    private static Outcome certified(Task task, Found lnr, Found other) {
        Timings second = new Timings(new double[] {1});
        return new Outcome(task, second, second, null, lnr, other);
    }

    @Test
    void slowOnesRunFewRounds() {
        List<Task> lasso = Task.of(List.of("lasso"), false);
        assertThat(lasso.stream().map(task -> task.rounds(7))).containsExactly(3, 7);
        assertThat(lasso.get(0).rounds(2)).isEqualTo(2);
        assertThat(new Findings(Map.of(), true, List.of(outcome(lasso.get(0), 1, 1))).text()).contains(" 200 NO");
    }

    @Test
    void lambdasAreAbsoluteOrShares() {
        assertThat(Lambdas.of("0.1", 4)).containsExactly(0.1);
        assertThat(Lambdas.of("@0.5,3", 4)).containsExactly(2, 3);
        assertThat(Lambdas.of("@0.25/3", 4)).containsExactly(4, 2, 1);
    }

    @Test
    void layersAreProblemsWithBiases() throws Exception {
        try (Device device = Device.open("cpu");
                Folder folder = Folder.create()) {
            try (LayerProblems layers = new LayerProblems(device, DrawnDigits.draw(1, 300, 1).train())) {
                for (String name : List.of("fc1", "fc2")) {
                    folder.write(layers.problem(name));
                }
            }
            assertThat(folder.problem("fc1").facts().group()).isEqualTo(16);
            assertThat(folder.problem("fc2").facts().bias()).isTrue();
            try (LnrSide side = new LnrSide(device, folder)) {
                for (String problem : List.of("fc1", "fc2")) {
                    Found apart = side.run("solve " + problem + " newton 10 @0.3,@0.1").found();
                    Found along = side.run("solve " + problem + " newton-path 10 @0.3,@0.1").found();
                    assertThat(apart.relativeGap()).isBetween(0.0, 1e-8);
                    assertThat(along.relativeGap()).isBetween(0.0, 1e-8);
                    assertThat(along.value()).isNegative().isCloseTo(apart.value(), within(apart.gap() + along.gap()));
                }
            }
            assertThat(device.heldBytes()).isZero();
        }
    }

    @Test
    void lnrsSideCarriesOutEveryRequest() throws Exception {
        try (Device device = Device.open("cpu");
                Folder folder = Folder.create()) {
            Dataset.Split split = DrawnDigits.draw(1, 300, 1).train();
            folder.write(split);
            Given tiny = Given.of(device, TextProblem.draw(device, "9x7x3x1100"));
            folder.write(tiny);
            folder.write(Tile.normal(new Random(1), 1000));
            assertThat(folder.split().labels()).isEqualTo(split.labels());
            assertThat(folder.problem(tiny.name()).c()).isEqualTo(tiny.c());
            try (LnrSide side = new LnrSide(device, folder)) {
                for (String request : List.of(
                        "epoch", "forward", "correlation", "gram 23x7 2", "patches 3x2x7x6x3 2", "prox 7x9 2")) {
                    LnrSide.Answer answer = side.run(request);
                    assertThat(answer.seconds()).isPositive();
                    assertThat(answer.found().value()).isPositive();
                }
                double first = side.run("solve " + tiny.name() + " fista 10 0.1").found().value();
                double second = side.run("solve " + tiny.name() + " alternating-minimization 10 0.1")
                        .found()
                        .value();
                assertThat(second).isNegative().isCloseTo(first, within(1e-9 * Math.abs(first)));
            }
            assertThat(device.heldBytes()).isZero();
        }
    }
}
