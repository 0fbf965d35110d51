package lnr.lenet.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar that vanishes when it is closed, or nothing at all where there is no terminal. */
final class Bar implements AutoCloseable {
    /** Given outright, as to ask the terminal costs more than to draw. */
    private static final int COLUMNS = 79;

    private static final int INTERVAL_MILLIS = 200;

    private ProgressBar bar;

    /**
     * @param terminal where it is drawn; null for nowhere
     * @param max what is the whole; negative when that is not known
     */
    Bar(PrintStream terminal, String task, long max) {
        this.bar = terminal == null
                ? null
                : new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(max)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(INTERVAL_MILLIS)
                        .setConsumer(new OneLine(terminal))
                        .clearDisplayOnFinish()
                        .build();
    }

    /** So much is done. */
    void at(long done) {
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    /** Closing twice does nothing the second time. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    /** Leaves the cursor where the bar was, so that what comes next takes its place. */
    private static final class OneLine extends ConsoleProgressBarConsumer {
        private final PrintStream terminal;

        OneLine(PrintStream terminal) {
            super(terminal, COLUMNS);
            this.terminal = terminal;
        }

        @Override
        public void close() {
            terminal.flush();
        }
    }
}
