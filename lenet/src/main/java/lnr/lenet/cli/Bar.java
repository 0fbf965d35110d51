package lnr.lenet.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A progress bar that vanishes when it is closed. Where there is no terminal, a line now and then, so that a long task
 * is not taken for a hanging one.
 */
final class Bar implements AutoCloseable {
    /** Given outright, as to ask the terminal costs more than to draw. */
    private static final int COLUMNS = 79;

    private static final int INTERVAL_MILLIS = 200;
    private static final long SILENCE_NANOS = 10_000_000_000L;

    private final Session session;
    private final String task;
    private final long max;
    private ProgressBar bar;
    private long told; // when the last line was

    /** @param max what is the whole; negative when that is not known */
    Bar(Session session, String task, long max) {
        this.session = session;
        this.task = task;
        this.max = max;
        this.told = session.clock().getAsLong();
        this.bar = !session.terminal()
                ? null
                : new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(max)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(INTERVAL_MILLIS)
                        .setConsumer(new OneLine(session.err()))
                        .clearDisplayOnFinish()
                        .build();
    }

    /** So much is done. */
    void at(long done) {
        if (bar != null) {
            bar.stepTo(done);
        } else if (!session.terminal() && session.clock().getAsLong() - told >= SILENCE_NANOS) {
            session.notice(task + ": " + done + (max < 0 ? " so far" : " of " + max));
            told = session.clock().getAsLong();
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
