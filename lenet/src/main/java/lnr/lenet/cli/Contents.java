package lnr.lenet.cli;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lnr.lenet.data.Dataset;

/** Tells images apart by what is in them. */
final class Contents {
    private Contents() {}

    /** SHA-256 sum of a split's images and labels, lower-case hexadecimal. */
    static String of(Dataset.Split split) {
        try {
            MessageDigest sum = MessageDigest.getInstance("SHA-256");
            sum.update(split.images());
            sum.update(split.labels());
            return HexFormat.of().formatHex(sum.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
