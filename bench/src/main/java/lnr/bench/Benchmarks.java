package lnr.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/** Runs benchmarks as JMH's own main class does, with its arguments, and then prints the rates they reached. */
public final class Benchmarks {
    private Benchmarks() {}

    /**
     * The command line of {@code bench/run}.
     *
     * @param args JMH's arguments: regular expressions of names, and options; {@code -h} lists them
     */
    public static void main(String[] args) throws Exception {
        CommandLineOptions options;
        try {
            options = new CommandLineOptions(args);
        } catch (CommandLineOptionException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        if (options.shouldHelp()
                || options.shouldList()
                || options.shouldListWithParams()
                || options.shouldListProfilers()
                || options.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        try {
            System.out.print(rates(new Runner(options).run()));
        } catch (RunnerException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** A line for each result: name and parameters, time of one operation with its error, and rates. */
    static String rates(Collection<RunResult> results) {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, "%n%-64s %14s %12s %10s %10s%n", "operation", "time", "error", "GF/s", "GB/s"));
        for (RunResult result : results) {
            Result<?> primary = result.getPrimaryResult();
            String unit = primary.getScoreUnit().replace("/op", "");
            table.append(String.format(
                    Locale.ROOT,
                    "%-64s %11.3f %-2s %12s %10s %10s%n",
                    label(result.getParams()),
                    primary.getScore(),
                    unit,
                    Double.isNaN(primary.getScoreError())
                            ? "-"
                            : String.format(Locale.ROOT, "%.3f", primary.getScoreError()),
                    rate(result, "gigaflops", unit),
                    rate(result, "gigabytes", unit)));
        }
        return table.toString();
    }

    /** JMH gives a counter as time for each unit counted. */
    private static String rate(RunResult result, String counter, String unit) {
        Result<?> counted = result.getSecondaryResults().get(counter);
        if (counted == null || !(counted.getScore() > 0) || Double.isInfinite(counted.getScore())) {
            return "-";
        }
        return String.format(Locale.ROOT, "%.1f", 1 / (counted.getScore() * seconds(unit)));
    }

    private static double seconds(String unit) {
        return switch (unit) {
            case "ns" -> 1e-9;
            case "us" -> 1e-6;
            case "ms" -> 1e-3;
            case "s" -> 1;
            default -> Double.NaN; // throughput, asked for with -bm: JMH's own table has it
        };
    }

    private static String label(BenchmarkParams params) {
        String name = params.getBenchmark();
        String operation = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
        Map<String, String> values = new TreeMap<>();
        for (String key : params.getParamsKeys()) {
            values.put(key, params.getParam(key));
        }
        return operation.replace("Benchmark", "") + " " + String.join(" ", values.values());
    }
}
