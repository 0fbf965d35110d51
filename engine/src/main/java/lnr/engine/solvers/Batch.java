package lnr.engine.solvers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.kernels.Device;

/**
 * Many solves together, each to its own stopping rule: many problems, or many lambdas of one. On a CPU every thread
 * takes the next one and solves it alone, which beats sharing the small products of each. A GPU favours batches:
 * problems of one number of rows and equal groups are stacked there if the solver {@linkplain Solver#stacks can}, and
 * each operation is then one for all of them. Others are solved in turn.
 *
 * <p>On a CPU answers are the same, bit for bit, whatever the number of threads. Stacked, the order in which a product
 * is summed is the device's choice for the number of problems: an answer is then as good as alone, by its gap, and the
 * same from run to run.
 */
public final class Batch {
    /** Neighbouring lambdas that one thread solves as a path. */
    private static final int CHUNK = 8;

    private Batch() {}

    /**
     * Solves many problems of one device, from M = 0.
     *
     * @param problems may share data fits
     * @param monitor told of every solve's progress, by one thread at a time; once it says no, all end
     * @return the answers, in the same order
     * @throws RuntimeException what the first solve to fail threw, after the others have ended
     */
    public static List<Solution> solve(Solver solver, List<Problem> problems, Monitor monitor) {
        Solution[] answers = new Solution[problems.size()];
        Shared shared = new Shared(monitor);
        if (answers.length > 0 && stacks(solver, problems.get(0).device())) {
            for (List<Integer> stack : stacks(problems)) {
                List<Solution> found = solver.solve(stack.stream().map(problems::get).toList(), shared);
                for (int i = 0; i < found.size(); i++) {
                    answers[stack.get(i)] = found.get(i);
                }
            }
        } else if (answers.length > 0) {
            share(problems.get(0).device(), answers.length, i -> {
                Problem problem = problems.get(i);
                answers[i] = solver.solve(problem, new double[Math.multiplyExact(problem.h(), problem.d())], shared);
            });
        }
        return List.of(answers);
    }

    private static boolean stacks(Solver solver, Device device) {
        return solver.stacks() && device.favoursBatches();
    }

    /** Places of the problems that may be stacked with each other. */
    private static List<List<Integer>> stacks(List<Problem> problems) {
        List<List<Integer>> stacks = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            Problem problem = problems.get(i);
            List<Integer> fitting = stacks.stream()
                    .filter(stack -> alike(problems.get(stack.get(0)), problem))
                    .findFirst()
                    .orElse(null);
            if (fitting == null) {
                fitting = new ArrayList<>();
                stacks.add(fitting);
            }
            fitting.add(i);
        }
        return stacks;
    }

    private static boolean alike(Problem a, Problem b) {
        return a.h() == b.h() && a.groups().matches(b.groups());
    }

    /**
     * Solves one problem at many lambdas: stacked, or eight neighbours at a time along a path.
     *
     * @param lambdas in any order
     * @param monitor as above
     * @return the answers, in the same order
     */
    public static List<Solution> solve(Solver solver, Problem problem, double[] lambdas, Monitor monitor) {
        Integer[] descending = new Integer[lambdas.length];
        Arrays.setAll(descending, i -> i);
        Arrays.sort(descending, (i, j) -> Double.compare(lambdas[j], lambdas[i]));
        Solution[] answers = new Solution[lambdas.length];
        problem.lambdaMax(); // for all
        if (stacks(solver, problem.device())) {
            List<Problem> problems = Arrays.stream(descending)
                    .map(i -> problem.withLambda(lambdas[i]))
                    .toList();
            List<Solution> found = solve(solver, problems, monitor);
            for (int i = 0; i < found.size(); i++) {
                answers[descending[i]] = found.get(i);
            }
            return List.of(answers);
        }
        Shared shared = new Shared(monitor);
        share(problem.device(), (lambdas.length + CHUNK - 1) / CHUNK, chunk -> {
            try (Path path = solver.path(problem.withLambda(problem.lambda()))) {
                int end = Math.min(lambdas.length, (chunk + 1) * CHUNK);
                for (int i = chunk * CHUNK; i < end; i++) {
                    answers[descending[i]] = path.at(lambdas[descending[i]], shared);
                }
            }
        });
        return List.of(answers);
    }

    /** Runs {@code body} for 0 to {@code count} - 1, on as many threads as the device has for solves of their own. */
    private static void share(Device device, int count, IntConsumer body) {
        int threads = Math.min(count, device.concurrency());
        if (threads <= 1) {
            for (int i = 0; i < count; i++) {
                body.accept(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable work = () -> device.alone(() -> {
            for (int i = next.getAndIncrement(); i < count && failure.get() == null; i = next.getAndIncrement()) {
                try {
                    body.accept(i);
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }
        });
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            Thread thread = new Thread(work, "lnr-batch-" + i);
            thread.setDaemon(true);
            thread.start();
            others.add(thread);
        }
        work.run();
        boolean interrupted = false;
        for (Thread thread : others) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure.get() instanceof Error e) {
            throw e;
        }
        if (failure.get() != null) {
            throw (RuntimeException) failure.get();
        }
    }

    /** One monitor for all solves: called by one thread at a time, and deaf once it has said no. */
    private static final class Shared implements Monitor {
        private final Monitor monitor;
        private boolean stopped;

        Shared(Monitor monitor) {
            this.monitor = monitor;
        }

        @Override
        public synchronized boolean proceed(int iteration, double objective, double relativeGap) {
            stopped = stopped || !monitor.proceed(iteration, objective, relativeGap);
            return !stopped;
        }
    }
}
