package lnr.lenet.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Points as comma-separated values: what a run finds, and no times, so that the same run gives the same bytes. */
final class Csv {
    private static final String HEAD = "network,method,setting,conv1,conv2,fc1,parameters,size,flops,work,accuracy,"
            + "loss,accuracy_retrained,loss_retrained,lambda,lambda_ratio,objective,relative_gap";

    private Csv() {}

    static String of(List<Point> points) {
        return HEAD + "\n" + points.stream().map(Csv::line).collect(Collectors.joining());
    }

    private static String line(Point point) {
        Tested after = point.retrained();
        Point.Proof proof = point.proof();
        return Stream.of(
                                point.network(),
                                point.method().name().toLowerCase(Locale.ROOT),
                                point.setting(),
                                point.widths().get(0),
                                point.widths().get(1),
                                point.widths().get(2),
                                point.parameters(),
                                point.size(),
                                point.flops(),
                                point.work(),
                                point.compressed().accuracy(),
                                point.compressed().loss(),
                                after == null ? "" : after.accuracy(),
                                after == null ? "" : after.loss(),
                                proof == null ? "" : proof.lambda(),
                                proof == null ? "" : proof.lambdaRatio(),
                                proof == null ? "" : proof.objective(),
                                proof == null ? "" : proof.relativeGap())
                        .map(Object::toString)
                        .collect(Collectors.joining(","))
                + "\n";
    }
}
