package lnr.lenet.cli;

import lnr.lenet.compress.Compression;

/** Shows a compression's stages, one bar after the other. */
final class CompressionBars implements Compression.Progress, AutoCloseable {
    private final Session session;
    private Bar correlations;
    private Bar solve;

    CompressionBars(Session session) {
        this.session = session;
    }

    @Override
    public void correlating(int samples, int count) {
        if (correlations == null) {
            correlations = session.bar("correlations", count);
        }
        correlations.at(samples);
        if (samples == count) {
            correlations.close();
        }
    }

    @Override
    public void solving(int iteration, double objective) {
        if (solve == null) {
            solve = session.bar("solve", -1);
        }
        solve.at(iteration);
    }

    /** Closing a bar twice does nothing the second time. */
    @Override
    public void close() {
        if (correlations != null) {
            correlations.close();
        }
        if (solve != null) {
            solve.close();
        }
    }
}
