"""The problems that both sides are given, and the certificate of an answer: how far its objective is from the least."""

import dataclasses
import json
import os

import numpy
import torch


@dataclasses.dataclass
class Problem:
    """min_M 1/2 <M R, M> - <C, M> + lambda sum_k ||M_k|| over groups of as many columns; a last column may be free."""

    r: torch.Tensor  # (d, d)
    c: torch.Tensor  # (h, d)
    group: int
    bias: bool
    tau: float
    lambda_max: float

    @property
    def penalised(self):
        return self.r.shape[0] - self.bias

    def norms(self, m):
        """||M_k|| of each group."""
        columns = torch.linalg.vector_norm(m[:, : self.penalised], dim=0)
        return torch.linalg.vector_norm(columns.view(-1, self.group), dim=1)

    def lambdas(self, words):
        """Those of a request: 0.1 is a lambda, @0.1 a share of lambda_max; joined by commas."""
        return [
            float(word[1:]) * self.lambda_max if word.startswith("@") else float(word) for word in words.split(",")
        ]

    def explained(self):
        """What of tau the bias alone explains."""
        return (torch.linalg.vector_norm(self.c[:, -1]) ** 2 / self.r[-1, -1]).item() if self.bias else 0.0

    def certify(self, weight, m):
        """The objective at M, and the gap: a bound on what it is more than the least, from a dual point.

        M is taken apart into M with its best bias, whose gap the problem without a bias has, and what the bias costs.
        """
        g = self.c - m @ self.r
        objective = (weight * self.norms(m).sum() - 0.5 * ((self.c + g) * m).sum()).item()
        penalised, cost = g[:, : self.penalised], 0.0
        if self.bias:
            variance = self.r[-1, -1]
            penalised = penalised - torch.outer(g[:, -1], self.r[-1, :-1] / variance)
            cost = (torch.linalg.vector_norm(g[:, -1]) ** 2 / variance).item()
        slope = (penalised * m[:, : self.penalised]).sum().item()
        residual = max(self.tau - (self.c * m).sum().item() - (g * m).sum().item() - cost, 0.0)
        steepest = self.norms(penalised).max().item()
        limit = weight / steepest if steepest > 0 else float("inf")
        scale = max(-limit, min(limit, 1 + slope / residual if residual > 0 else 1.0))
        gap = weight * self.norms(m).sum().item() - scale * slope + 0.5 * (1 - scale) ** 2 * residual + 0.5 * cost
        return objective, max(gap, 0.0)


def read(folder, name, device):
    """R and C, each stored by rows, and the facts."""
    r, c = [
        torch.from_numpy(numpy.ascontiguousarray(numpy.load(os.path.join(folder, f"{name}-{matrix}.npy")))).to(device)
        for matrix in "rc"
    ]
    with open(os.path.join(folder, f"{name}.json"), encoding="utf-8") as file:
        facts = json.load(file)
    return Problem(r, c, facts["group"], facts["bias"], facts["tau"], facts["lambdaMax"])
