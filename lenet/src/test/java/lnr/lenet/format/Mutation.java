package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import lnr.lenet.InputException;

/** Damages valid files at random and holds a reader to its word: a result, or an InputException of one line. */
final class Mutation {
    private final SplittableRandom random;

    private Mutation(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Runs {@code reader} on {@code count} damaged copies of {@code valid}; the failure names the seed to replay. */
    static void fuzz(Path folder, byte[] valid, int count, Consumer<Path> reader) throws IOException {
        long base = Long.getLong("lnr.seed", System.nanoTime());
        for (int i = 0; i < count; i++) {
            long seed = base + i;
            Path file = folder.resolve("damaged");
            Files.write(file, new Mutation(seed).damage(valid));
            try {
                reader.accept(file);
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("damaged").doesNotContain("\n").doesNotContain("\r");
            } catch (RuntimeException | Error e) {
                fail("replay with -Dlnr.seed=" + seed, e);
            }
        }
    }

    private byte[] damage(byte[] valid) {
        byte[] bytes = valid.clone();
        int rounds = 1 + random.nextInt(3);
        for (int i = 0; i < rounds && bytes.length > 0; i++) {
            // Half the damage goes to the first bytes, where the headers are.
            int at = random.nextInt(random.nextBoolean() ? bytes.length : Math.min(bytes.length, 128));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                case 3 -> bytes = spliced(bytes, at, at, 1 + random.nextInt(16));
                case 4 -> bytes = spliced(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(16)), 0);
                default -> {
                    byte extreme = (byte) (random.nextBoolean() ? -1 : 127);
                    Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), extreme);
                }
            }
        }
        return bytes;
    }

    private byte[] spliced(byte[] bytes, int from, int to, int inserted) {
        byte[] result = new byte[bytes.length - (to - from) + inserted];
        System.arraycopy(bytes, 0, result, 0, from);
        for (int i = 0; i < inserted; i++) {
            result[from + i] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) ('0' + random.nextInt(10));
        }
        System.arraycopy(bytes, to, result, from + inserted, bytes.length - to);
        return result;
    }
}
