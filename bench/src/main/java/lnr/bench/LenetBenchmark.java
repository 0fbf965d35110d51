package lnr.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import lnr.engine.Correlations;
import lnr.kernels.Scope;
import lnr.lenet.Progress;
import lnr.lenet.compress.NetworkCorrelations;
import lnr.lenet.compress.Target;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The network's passes over a data set of MNIST's size, on digits that the program draws. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class LenetBenchmark {

    /** A network and the images it runs on. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Passes extends OnDevice {
        /** Images of the data set. */
        @Param("60000")
        public int samples;

        /** Samples of a training batch. */
        @Param("256")
        public int batch;

        /** Samples of a batch of the passes that only go forward. */
        @Param("1000")
        public int evaluationBatch;

        private DeviceImages images;
        private LeNet5 trained;
        private LeNet5 evaluated;
        private Training training;

        @Override
        void prepare(Scope scope) {
            Dataset.Split split = DrawnDigits.draw(DrawnDigits.SEED, samples, 1).train();
            Model model = Model.random(Architecture.LENET5, 1);
            images = new DeviceImages(on(), split.images(), split.labels());
            trained = new LeNet5(on(), model, batch);
            evaluated = new LeNet5(on(), model, evaluationBatch);
            training = new Training(trained, 1e-3, 1);
        }

        @Override
        void released() {
            training.close();
            evaluated.close();
            trained.close();
            images.close();
        }
    }

    /** One epoch of training. Backward takes two products where forward takes one; conv1's input needs no gradient. */
    @Benchmark
    public Training.Epoch epoch(Passes s, Work work) {
        Training.Epoch epoch = s.training.epoch(s.images, Progress.NONE);
        s.on().synchronize();
        double first = 2.0 * 4 * Architecture.LENET5.first().outputs() * Architecture.LENET5.first().patch();
        work.flops(s.samples * (3.0 * Architecture.LENET5.flops() - first));
        return epoch;
    }

    /** Loss and accuracy on all images. */
    @Benchmark
    public Evaluation.Score forward(Passes s, Work work) {
        Evaluation.Score score = Evaluation.score(s.evaluated, s.images);
        work.flops((double) s.samples * Architecture.LENET5.flops());
        return score;
    }

    /** The correlations of fc2's input over all images, and the two matrices that a problem needs of them. */
    @Benchmark
    public double correlation(Passes s, Work work) {
        try (NetworkCorrelations network = NetworkCorrelations.gather(
                s.evaluated, s.images, List.of(Target.FC2), false, Progress.NONE)) {
            Correlations sums = network.of(Target.FC2);
            double d = sums.width();
            work.flops(s.samples * (Architecture.LENET5.flops() - 2 * d * sums.h() + d * d));
            return sums.r()[0] + sums.c()[0];
        }
    }
}
