"""scikit-learn's MultiTaskLasso on a problem of which only R and C are known: R = X' X and C = Y' X are factored first.

1/2 ||Y - X M'||^2 + lambda sum_j ||M_j|| is then the objective up to a constant; scikit-learn divides it by the rows.
"""

import math
import time

import numpy
import torch

try:
    import scipy.linalg
    import sklearn
    from sklearn.linear_model import MultiTaskLasso

    VERSION = sklearn.__version__
except ImportError:
    VERSION = None

GAP = 1e-8
LOOSEST = 1e-4


class Lasso:
    """One problem, and for each lambda the loosest tolerance that leaves a relative gap of 1e-8."""

    def __init__(self, problem):
        if problem.group != 1:
            raise ValueError("MultiTaskLasso: knows columns alone, not groups")
        self.problem = problem
        self.r, self.c = problem.r.cpu().numpy(), problem.c.cpu().numpy()
        self.tolerances = {}

    def solve(self, weight):
        """Seconds from R and C to M, the factorisation included, and M."""
        if weight not in self.tolerances:
            self.tolerances[weight] = self.tolerance(weight)
        began = time.perf_counter()
        m = self.fit(weight, *self.factor(), tolerance=self.tolerances[weight])
        return time.perf_counter() - began, torch.from_numpy(m).to(self.problem.c)

    def factor(self):
        """X (n, p) and Y (n, h) of the problem without its bias, n the rank of R: by Cholesky's method with pivots."""
        r, c = self.r, self.c
        if self.problem.bias:
            share = r[:-1, -1] / r[-1, -1]
            r, c = r[:-1, :-1] - numpy.outer(share, r[-1, :-1]), c[:, :-1] - numpy.outer(c[:, -1], share)
        factor, pivots, rank, _ = scipy.linalg.lapack.dpstrf(r)
        pivots, factor = pivots - 1, numpy.triu(factor)[:rank]
        x = numpy.empty((rank, len(r)), order="F")
        x[:, pivots] = factor
        y = scipy.linalg.solve_triangular(factor[:, :rank], c[:, pivots[:rank]].T, trans="T")
        return x, numpy.asfortranarray(y)

    def fit(self, weight, x, y, tolerance, model=None):
        model = model or self.model(weight, x)
        model.set_params(tol=tolerance)
        m = model.fit(x, y).coef_
        if self.problem.bias:
            m = numpy.column_stack([m, (self.c[:, -1] - m @ self.r[:-1, -1]) / self.r[-1, -1]])
        return m

    def model(self, weight, x, **more):
        return MultiTaskLasso(alpha=weight / len(x), fit_intercept=False, max_iter=100_000, **more)

    def tolerance(self, weight):
        """Tightened step by step, each fit going on from the one before."""
        x, y = self.factor()
        model = self.model(weight, x, warm_start=True)
        goal = GAP * (self.problem.tau - self.problem.explained()) / 2
        tolerance = LOOSEST
        while True:
            m = torch.from_numpy(self.fit(weight, x, y, tolerance, model)).to(self.problem.c)
            if self.problem.certify(weight, m)[1] <= goal:
                return tolerance
            tolerance /= math.sqrt(10)
