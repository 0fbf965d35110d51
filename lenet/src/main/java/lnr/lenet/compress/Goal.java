package lnr.lenet.compress;

import java.util.List;

/** What the compression of several layers is to lead to. */
public sealed interface Goal {
    /** A network of so many parameters at most, as good as that allows. */
    record Size(int parameters) implements Goal {}

    /** A network that held-out images prove to have that accuracy, as small as that allows. */
    record Accuracy(double accuracy) implements Goal {
        public Accuracy {
            if (!(accuracy > 0 && accuracy <= 1)) {
                throw new IllegalArgumentException("accuracy: expected more than 0 and at most 1, got " + accuracy);
            }
        }
    }

    /** Layers compressed as strongly as is said of each, in this order, whatever comes of it. */
    record Each(List<NetworkCompression.Step> steps) implements Goal {
        public Each {
            steps = List.copyOf(steps);
        }
    }
}
