"""PyTorch's side of the comparison: carries out requests from stdin and answers each on stdout.

usage: side.py THREADS FOLDER DEVICE

The first line it writes says who it is. A request is a line, `epoch`, `forward`, `correlation`,
`solve PROBLEM METHOD Q`, or an operation, `gram`, `patches` or `prox`, with its shape and how often to repeat it; the
answer is a line of JSON with the seconds it took and the value it found. `bound` before an operation asks for the least
seconds that the device allows. Exit code 3: a module is missing.
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
import operations
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
        **gpu(device),
    )
    passes, single, problems = None, None, {}
    for line in sys.stdin:
        words = line.split()
        if words[0] == "solve":
            name, method, q = words[1], words[2], float(words[3])
            if name not in problems:
                problems[name] = solvers.read(folder, name, device)
            seconds, value = solvers.solve(*problems[name], method, q)
        elif len(words) >= 3:
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
