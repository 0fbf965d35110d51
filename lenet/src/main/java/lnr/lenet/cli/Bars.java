package lnr.lenet.cli;

import lnr.lenet.Progress;

/** Shows a bar for each task, one after the other. */
final class Bars implements Progress, AutoCloseable {
    private final Session session;
    private String shown;
    private Bar bar;

    Bars(Session session) {
        this.session = session;
    }

    @Override
    public void at(String task, long done, long total) {
        if (!task.equals(shown)) {
            close();
            shown = task;
            bar = session.bar(task, total);
        }
        bar.at(done);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
