"""A solver in NumPy, from a file with eliminate_bias(R, C) and solve(R, C, lambda, group, tau=, tol=)."""

import importlib.util
import time

import numpy
import torch

GAP = 1e-8


class Prototype:
    """The first that its solve returns is M; tol is relative, of tau / 2."""

    def __init__(self, file):
        spec = importlib.util.spec_from_file_location("lnr_prototype", file)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def solve(self, problem, weight):
        """Seconds from R and C to M, the bias's elimination included, and M."""
        r, c, tau = problem.r.cpu().numpy(), problem.c.cpu().numpy(), problem.tau
        began = time.perf_counter()
        if problem.bias:
            less_r, less_c = self.module.eliminate_bias(r, c)
            tau = tau - (c[:, -1] ** 2).sum() / r[-1, -1]
            m = self.module.solve(less_r, less_c, weight, problem.group, tau=tau, tol=GAP)[0]
            m = numpy.column_stack([m, (c[:, -1] - m @ r[:-1, -1]) / r[-1, -1]])
        else:
            m = self.module.solve(r, c, weight, problem.group, tau=tau, tol=GAP)[0]
        seconds = time.perf_counter() - began
        return seconds, torch.from_numpy(m).to(problem.c)
