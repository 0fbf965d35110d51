package lnr.lenet.cli;

import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;

/** What reports call the units that a layer reads. */
final class Units {
    private Units() {}

    /** {@code channels of conv1}, {@code channels of conv2} or {@code neurons of fc1}. */
    static String name(Target target) {
        String before = Architecture.LENET5.layers().get(target.before()).name();
        return (target == Target.FC2 ? "neurons of " : "channels of ") + before;
    }
}
