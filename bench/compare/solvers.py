"""The text's three solvers of min_M 1/2 <M R, M> - <C, M> + lambda sum_j ||M_j||, in PyTorch, double precision."""

import os
import time

import numpy
import torch

LAMBDA = 0.1
EPSILON = 1e-10
CHANGE = 1e-8


def read(folder, name, device):
    """R (d, d) and C (h, d) of a problem, each stored by rows."""
    return [
        torch.from_numpy(numpy.ascontiguousarray(numpy.load(os.path.join(folder, f"{name}-{matrix}.npy")))).to(device)
        for matrix in "rc"
    ]


@torch.inference_mode()
def solve(r, c, method, q):
    """Seconds of a solve from M = 0, and the objective it reached."""
    solver = {
        "proximal-gradient": lambda start: proximal_gradient(r, c, start),
        "fista": lambda start: fista(r, c, q, start),
        "alternating-minimization": lambda start: alternating_minimization(r, c, q, start),
    }[method]
    start = torch.zeros_like(c)
    wait(c)
    began = time.perf_counter()
    m = solver(start)
    wait(c)
    seconds = time.perf_counter() - began
    return seconds, objective(r, c, m).item()


def wait(tensor):
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)


def objective(r, c, m):
    return ((0.5 * (m @ r) - c) * m).sum() + LAMBDA * torch.linalg.vector_norm(m, dim=0).sum()


def prox(m, threshold):
    norms = torch.linalg.vector_norm(m, dim=0, keepdim=True)
    return m * torch.where(norms > threshold, 1 - threshold / norms, 0.0)


def relative_change(new, old):
    return torch.linalg.norm(new - old) / (torch.linalg.norm(new) + EPSILON)


def lipschitz(r):
    return torch.linalg.eigvalsh(r)[-1].item()


def proximal_gradient(r, c, m, cap=200_000):
    step = 1 / lipschitz(r)
    for _ in range(cap):
        m, old = prox(m - step * (m @ r - c), step * LAMBDA), m
        if relative_change(m, old) <= CHANGE:
            break
    return m


def fista(r, c, q, m, cap=100_000):
    """Keeps the history of the objective, as the text does and LNR too."""
    step, old, delta, history = 1 / lipschitz(r), m, 1.0, []
    for k in range(1, cap + 1):
        ahead = m + (k - 1) / (k + q + 2) * (m - old)
        history.append(objective(r, c, m))
        m, old = prox(ahead - step * (ahead @ r - c), step * LAMBDA), m
        delta = delta / 2 + relative_change(m, old)
        if delta <= CHANGE:
            break
    return m


def alternating_minimization(r, c, q, m, rounds=50):
    history = []
    for _ in range(rounds):
        u = ((m * m).sum(0) + EPSILON).sqrt()
        m = torch.linalg.solve(r + torch.diag(LAMBDA / u), c.T).T
        history.append(objective(r, c, m))
    return fista(r, c, q, m)
