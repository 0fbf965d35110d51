package lnr.bench.compare;

/** Who does the same work as LNR. */
enum Opponent {
    /** PyTorch, with the text's methods where it solves. */
    TORCH("PyTorch"),
    /** A NumPy module that the command line names. */
    PROTOTYPE("prototype"),
    /** scikit-learn's MultiTaskLasso. */
    SKLEARN("scikit-learn"),
    /** LNR itself, in another way. */
    LNR("LNR");

    private final String title;

    Opponent(String title) {
        this.title = title;
    }

    /** What the table calls it. */
    String title() {
        return title;
    }
}
