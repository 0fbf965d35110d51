package lnr.lenet.cli;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lnr.lenet.data.Dataset;

/** Tells data sets apart by what is in them. */
final class Contents {
    private Contents() {}

    /** SHA-256 sum of the images and labels that are trained on, lower-case hexadecimal. */
    static String of(Dataset data) {
        try {
            MessageDigest sum = MessageDigest.getInstance("SHA-256");
            sum.update(data.train().images());
            sum.update(data.train().labels());
            return HexFormat.of().formatHex(sum.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
