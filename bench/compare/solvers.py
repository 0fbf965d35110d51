"""The text's three solvers of min_M 1/2 <M R, M> - <C, M> + lambda sum_j ||M_j||, in PyTorch, double precision.

j runs over the first p columns: all of them, or all but a bias.
"""

import time

import torch

EPSILON = 1e-10
CHANGE = 1e-8


@torch.inference_mode()
def solve(problem, method, q, weight):
    """Seconds of a solve from M = 0, and M."""
    r, c, p = problem.r, problem.c, problem.penalised
    solver = {
        "proximal-gradient": lambda start: proximal_gradient(r, c, p, weight, start),
        "fista": lambda start: fista(r, c, p, weight, q, start),
        "alternating-minimization": lambda start: alternating_minimization(r, c, p, weight, q, start),
    }[method]
    if problem.group != 1:
        raise ValueError(f"{method}: knows columns alone, not groups")
    start = torch.zeros_like(c)
    wait(c)
    began = time.perf_counter()
    m = solver(start)
    wait(c)
    return time.perf_counter() - began, m


def wait(tensor):
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)


def objective(r, c, p, weight, m):
    return ((0.5 * (m @ r) - c) * m).sum() + weight * torch.linalg.vector_norm(m[:, :p], dim=0).sum()


def prox(m, threshold, p=None):
    norms = torch.linalg.vector_norm(m, dim=0, keepdim=True)
    scale = torch.where(norms > threshold, 1 - threshold / norms, 0.0)
    if p is not None and p < m.shape[1]:
        scale[:, p:] = 1
    return m * scale


def relative_change(new, old):
    return torch.linalg.norm(new - old) / (torch.linalg.norm(new) + EPSILON)


def lipschitz(r):
    return torch.linalg.eigvalsh(r)[-1].item()


def proximal_gradient(r, c, p, weight, m, cap=200_000):
    step = 1 / lipschitz(r)
    for _ in range(cap):
        m, old = prox(m - step * (m @ r - c), step * weight, p), m
        if relative_change(m, old) <= CHANGE:
            break
    return m


def fista(r, c, p, weight, q, m, cap=100_000):
    """Keeps the history of the objective, as the text does and LNR too."""
    step, old, delta, history = 1 / lipschitz(r), m, 1.0, []
    for k in range(1, cap + 1):
        ahead = m + (k - 1) / (k + q + 2) * (m - old)
        history.append(objective(r, c, p, weight, m))
        m, old = prox(ahead - step * (ahead @ r - c), step * weight, p), m
        delta = delta / 2 + relative_change(m, old)
        if delta <= CHANGE:
            break
    return m


def alternating_minimization(r, c, p, weight, q, m, rounds=50):
    history = []
    for _ in range(rounds):
        slope = weight / ((m * m).sum(0) + EPSILON).sqrt()
        slope[p:] = 0
        m = torch.linalg.solve(r + torch.diag(slope), c.T).T
        history.append(objective(r, c, p, weight, m))
    return fista(r, c, p, weight, q, m)
