package lnr.lenet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.Diagnostic;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;

/**
 * Trained models, kept so that the same training need not be done twice. A model is found by its recipe and the version
 * of the code that carries it out, its device and the contents of its data: models of drawn digits, MNIST or a user's
 * directory never stand in for each other.
 */
final class ModelCache {
    private final Session session;

    ModelCache(Session session) {
        this.session = session;
    }

    /**
     * A model and where it comes from.
     *
     * @param recipe how it was trained; empty for a model of the user's
     * @param file the file that holds it; empty when none does
     * @param trained whether it was trained just now
     * @param unkept why it is not in the cache, though it should be: to be thrown once all else is done
     */
    record Found(
            Model model,
            Optional<Recipe> recipe,
            Optional<Path> file,
            boolean trained,
            Optional<InputException> unkept) {

        /** A model of the user's. */
        static Found given(Model model, Path file) {
            return new Found(model, Optional.empty(), Optional.of(file), false, Optional.empty());
        }

        /** One phrase for the report. */
        String how() {
            return recipe.map(r -> "trained " + (trained ? "now: " : "before: ") + r)
                    .orElse("given");
        }
    }

    /** Whether the recipe's model is there, as far as the name of a file tells. */
    boolean holds(Recipe recipe, Device device, Dataset data) {
        return file(recipe.metadata(data, Contents.of(data.train()), device, recipe.epochs()))
                .filter(Files::exists)
                .isPresent();
    }

    /** The recipe's model: from the cache, or trained and put there. */
    Found get(Recipe recipe, Device device, Dataset data, DeviceImages train) {
        String contents = Contents.of(data.train());
        Map<String, String> facts = recipe.metadata(data, contents, device, recipe.epochs());
        Optional<Path> file = file(facts);
        Optional<Model> kept = file.filter(Files::exists).flatMap(f -> kept(f, facts));
        if (kept.isPresent()) {
            return new Found(kept.get(), Optional.of(recipe), file, false, Optional.empty());
        }
        session.notice("training a LeNet-5 first: " + recipe);
        Checkpoints checkpoints = new Checkpoints();
        Model model = recipe.train(session, device, train, (epoch, figures, seconds, trained) ->
                checkpoints.add(trained, recipe.metadata(data, contents, device, epoch)));
        return new Found(model, Optional.of(recipe), checkpoints.last, true, checkpoints.failure);
    }

    /**
     * The models after each epoch of one training, of which the last is kept. Each is what a training of so many epochs
     * gives, and is filed as that: an interrupted training leaves the model of its last complete epoch.
     */
    private final class Checkpoints {
        private Optional<Path> last = Optional.empty();
        private Optional<Path> written = Optional.empty(); // by this training; what was there before it stays
        private Optional<InputException> failure = Optional.empty();

        void add(Model model, Map<String, String> facts) {
            Optional<Path> file = file(facts);
            if (failure.isPresent() || file.isEmpty()) {
                return;
            }
            boolean there = holds(file.get(), facts);
            failure = there ? Optional.empty() : write(file.get(), model, facts);
            if (failure.isPresent()) {
                last = Optional.empty();
                return;
            }
            remove(written);
            written = there ? Optional.empty() : file;
            last = file;
        }

        private void remove(Optional<Path> file) {
            try {
                if (file.isPresent()) {
                    Files.deleteIfExists(file.get());
                }
            } catch (IOException e) {
                session.notice(file.get() + ": cannot be removed: " + Diagnostic.reason(e));
            }
        }
    }

    private Optional<Path> file(Map<String, String> facts) {
        String data = facts.get("data").replaceAll("[^A-Za-z0-9._-]", "_");
        String name = String.join(
                "-",
                "lenet5",
                facts.get("architecture"),
                "recipe" + facts.get("recipe"),
                data.substring(0, Math.min(40, data.length())),
                facts.get("data_sha256").substring(0, 12),
                "seed" + facts.get("seed"),
                "epochs" + facts.get("epochs"),
                "batch" + facts.get("batch"),
                "lr" + facts.get("lr"),
                facts.get("device"));
        return session.data().cache().map(c -> c.resolve("models").resolve(name + ".safetensors"));
    }

    private Optional<Model> kept(Path file, Map<String, String> facts) {
        try {
            return Optional.of(read(file, facts));
        } catch (InputException e) {
            session.notice(e.getMessage() + "; training the model again");
            return Optional.empty();
        }
    }

    private static boolean holds(Path file, Map<String, String> facts) {
        try {
            read(file, facts);
            return true;
        } catch (InputException e) {
            return false;
        }
    }

    private static Model read(Path file, Map<String, String> facts) {
        SafeTensors content = SafeTensors.read(file);
        Model model = ModelFile.of(file, content);
        if (!content.metadata().entrySet().containsAll(facts.entrySet())
                || !model.architecture().equals(Recipe.ARCHITECTURE)) {
            throw new InputException(file + ": not the model its name promises");
        }
        return model;
    }

    /** Returns what went wrong, if anything did. */
    private static Optional<InputException> write(Path file, Model model, Map<String, String> facts) {
        try {
            Files.createDirectories(file.getParent());
            ModelFile.write(file, model, facts);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(unkept(file.getParent() + ": cannot be made: " + Diagnostic.reason(e), e));
        } catch (InputException e) {
            return Optional.of(unkept(e.getMessage(), e));
        }
    }

    private static InputException unkept(String why, Exception e) {
        return new InputException(
                "the trained model is not kept: " + why + "; LNR_CACHE names another folder", e);
    }
}
