package lnr.lenet.compress;

/** What the compression of several layers is to lead to. */
public sealed interface Goal {
    /** A network of so many parameters at most, as good as that allows. */
    record Size(int parameters) implements Goal {}

    /** A network of that accuracy on held-out images, as small as that allows. */
    record Accuracy(double accuracy) implements Goal {
        public Accuracy {
            if (!(accuracy > 0 && accuracy <= 1)) {
                throw new IllegalArgumentException("accuracy: expected more than 0 and at most 1, got " + accuracy);
            }
        }
    }

    /** Every layer compressed as strongly as this says, whatever comes of it. */
    record Each(Strength strength) implements Goal {}
}
