"""PyTorch's side of the comparison: carries out requests from stdin and answers each on stdout.

usage: side.py THREADS FOLDER DEVICE [PROTOTYPE]

The first line it writes says who it is. A request is a line, `epoch`, `forward`, `correlation`,
`solve PROBLEM METHOD Q LAMBDAS`, or an operation, `gram`, `patches` or `prox`, with its shape and how often to repeat
it; the answer is a line of JSON with the seconds it took and the value it found, of solves also with the gap. METHOD is
one of the text's, `multi-task-lasso` for scikit-learn's, or `prototype` for that of the file PROTOTYPE. `bound` before
an operation asks for the least seconds that the device allows. Exit code 3: a module is missing.
"""

import json
import platform
import sys

try:
    import numpy
    import torch
except ImportError as error:
    print(f"{sys.executable}: {error}", file=sys.stderr)
    sys.exit(3)

import lasso
import network
import operations
import problems
import prototype
import solvers


def gpu(device):
    """What is to be said of a GPU; TF32 stays as PyTorch sets it."""
    if not device.startswith("cuda"):
        return {}
    return {
        "device": torch.cuda.get_device_name(device),
        "cuda": torch.version.cuda,
        "cudnn": str(torch.backends.cudnn.version()),
        "tf32": f"products {torch.backends.cuda.matmul.allow_tf32}, convolutions {torch.backends.cudnn.allow_tf32}",
    }


class Solves:
    """Carries out solves, whoever does them."""

    def __init__(self, folder, device, file):
        self.folder, self.device, self.file = folder, device, file
        self.problems, self.lassos, self.prototype = {}, {}, None

    def run(self, name, method, q, words):
        """Of all lambdas: seconds, objectives and gaps together, and the largest gap over tau / 2."""
        if name not in self.problems:
            self.problems[name] = problems.read(self.folder, name, self.device)
        problem = self.problems[name]
        total = {"seconds": 0.0, "value": 0.0, "gap": 0.0, "relative_gap": 0.0}
        for weight in problem.lambdas(words):
            seconds, m = self.solve(name, problem, method, q, weight)
            objective, gap = problem.certify(weight, m)
            total["seconds"] += seconds
            total["value"] += objective
            total["gap"] += gap
            total["relative_gap"] = max(total["relative_gap"], gap / (problem.tau / 2))
        return total

    def solve(self, name, problem, method, q, weight):
        if method == "multi-task-lasso":
            if name not in self.lassos:
                self.lassos[name] = lasso.Lasso(problem)
            return self.lassos[name].solve(weight)
        if method == "prototype":
            self.prototype = self.prototype or prototype.Prototype(self.file)
            return self.prototype.solve(problem, weight)
        return solvers.solve(problem, method, q, weight)


def main():
    threads, folder, device = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    # Whatever a library prints must not get between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(**fields):
        print(json.dumps(fields), file=answers, flush=True)

    answer(
        torch=torch.__version__,
        numpy=numpy.__version__,
        python=platform.python_version(),
        threads=str(torch.get_num_threads()),
        blas="MKL" if torch.backends.mkl.is_available() else "not MKL",
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        **({"scikit_learn": lasso.VERSION} if lasso.VERSION else {}),
        **gpu(device),
    )
    passes, single = None, None
    solves = Solves(folder, device, sys.argv[4] if len(sys.argv) > 4 else None)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "solve":
            answer(**solves.run(words[1], words[2], float(words[3]), words[4]))
            continue
        if len(words) >= 3:
            single = single or operations.Operations(folder, device)
            name, shape, repeats = words[-3], words[-2], int(words[-1])
            if words[0] == "bound":
                seconds, value = single.bound(name, shape, repeats), 0
            else:
                seconds, value = single.run(name, shape, repeats)
        else:
            passes = passes or network.Passes(folder, device)
            seconds, value = passes.run(words[0])
        answer(seconds=seconds, value=value)


main()
