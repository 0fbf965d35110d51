package lnr.engine;

/** A matrix that was given is not what it has to be. The message begins with its letter and says where it fails. */
public final class MatrixException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Its letter. */
    private final String matrix;

    /** The message is {@code matrix} and {@code fault}, as they are. */
    MatrixException(String matrix, String fault) {
        super(matrix + fault);
        this.matrix = matrix;
    }

    /** Its letter: {@code R}, {@code C} or {@code tau} of {@link Quadratic}, or {@code W} of {@link Correlations#ofLayer}. */
    public String matrix() {
        return matrix;
    }
}
