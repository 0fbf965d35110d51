package lnr.lenet.data;

import java.util.Arrays;
import lnr.lenet.InputException;

/**
 * Labelled images of ten classes, split into a set to train on and a set to test with.
 *
 * @param name short name, e.g. {@code mnist}
 * @param origin where the images come from
 * @param train the samples to train on
 * @param test the samples to test with
 */
public record Dataset(String name, Origin origin, Split train, Split test) {
    /** Height and width of an image in pixels. */
    public static final int SIDE = 28;
    /** Pixels of an image. */
    public static final int PIXELS = SIDE * SIDE;
    /** Number of classes; labels run from 0 to one less. */
    public static final int CLASSES = 10;

    /** The same without the samples that {@link Split#holdOut} holds out of those to train on. */
    public Dataset without(int held) {
        return new Dataset(name, origin, train.holdOut(held).fitted(), test);
    }

    /**
     * Samples in a fixed order.
     *
     * @param images (count, 28, 28), row-major, a sample contiguous; unsigned bytes, 0 is the ground, 255 full ink; not
     *     copied
     * @param labels (count), each from 0 to 9; not copied
     */
    public record Split(byte[] images, byte[] labels) {
        /** Throws InputException when there is no sample, the counts disagree or a label is none of the ten. */
        public Split {
            if (labels.length == 0) {
                throw new InputException("labels: expected at least one sample, found none");
            }
            if (images.length != (long) labels.length * PIXELS) {
                throw new InputException("images: expected [" + labels.length + " * " + PIXELS + "] bytes for "
                        + labels.length + " labels, found [" + images.length + "]");
            }
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] < 0 || labels[i] >= CLASSES) {
                    throw new InputException("labels: sample " + i + ": expected a label from 0 to " + (CLASSES - 1)
                            + ", found " + Byte.toUnsignedInt(labels[i]));
                }
            }
        }

        /** Returns the number of samples. */
        public int count() {
            return labels.length;
        }

        /**
         * Returns the first samples as a split of its own.
         *
         * @param count how many, from 1 to {@link #count()}
         * @return a copy; this split itself when {@code count} is all of it
         * @throws InputException if there are fewer, or none is asked for
         */
        public Split first(int count) {
            if (count < 1 || count > count()) {
                throw new InputException("samples: expected from 1 to " + count() + ", found " + count);
            }
            return count == count()
                    ? this
                    : new Split(Arrays.copyOf(images, count * PIXELS), Arrays.copyOf(labels, count));
        }

        /** Two splits of one. */
        public record Parts(Split fitted, Split heldOut) {}

        /**
         * Holds samples out: an even choice that depends on the count alone, so that it is the same every time.
         *
         * @param held how many, from 1 to one less than {@link #count()}
         * @return copies, each in this split's order
         * @throws InputException if there are not enough, or none is to be held out
         */
        public Parts holdOut(int held) {
            if (held < 1 || held >= count()) {
                throw new InputException("held-out samples: expected from 1 to " + (count() - 1) + ", found " + held);
            }
            int[] out = new int[held];
            int[] in = new int[count() - held];
            int a = 0;
            int b = 0;
            for (int i = 0; i < count(); i++) {
                // Sample i is out when the share that is to be out by then reaches another whole number.
                if ((i + 1L) * held / count() > (long) i * held / count()) {
                    out[a++] = i;
                } else {
                    in[b++] = i;
                }
            }
            return new Parts(of(in), of(out));
        }

        private Split of(int[] samples) {
            byte[] chosen = new byte[samples.length * PIXELS];
            byte[] theirs = new byte[samples.length];
            for (int i = 0; i < samples.length; i++) {
                System.arraycopy(images, samples[i] * PIXELS, chosen, i * PIXELS, PIXELS);
                theirs[i] = labels[samples[i]];
            }
            return new Split(chosen, theirs);
        }
    }
}
