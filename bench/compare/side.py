"""PyTorch's side of the comparison: carries out requests from stdin and answers each on stdout.

usage: side.py THREADS FOLDER

The first line it writes says who it is. A request is a line, `epoch`, `forward`, `correlation` or
`solve PROBLEM METHOD Q`; the answer is a line of JSON with the seconds it took and the value it found. Exit code 3:
a module is missing.
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

import network
import solvers


def main():
    threads, folder = int(sys.argv[1]), sys.argv[2]
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
    )
    passes, problems = None, {}
    for line in sys.stdin:
        words = line.split()
        if words[0] == "solve":
            name, method, q = words[1], words[2], float(words[3])
            if name not in problems:
                problems[name] = solvers.read(folder, name)
            seconds, value = solvers.solve(*problems[name], method, q)
        else:
            passes = passes or network.Passes(folder)
            seconds, value = passes.run(words[0])
        answer(seconds=seconds, value=value)


main()
