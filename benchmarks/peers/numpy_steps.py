"""What training in NumPy shares: the loop over batches, the loss and the update of a step."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..workloads import Data, Workload, make_order

Array = Any


class Epochs:
    """Shuffles, cuts into batches, and makes a step of each."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.x, self.y, self.batch = data.x, data.y, workload.batch
        self.order = make_order()

    def run(self) -> list[float]:
        """Train for one epoch."""
        order, total = self.order.permutation(len(self.x)), 0.0
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            total += self.step(rows) * len(rows)
        return [total / len(order)]

    def step(self, rows: Array) -> float:
        """Update the parameters from these examples, and return their mean loss."""
        raise NotImplementedError


def cross_entropy(z: Array, y: Array, rows: Array) -> float:
    """Return the mean loss of scores z (m, classes), over which dL/dz is written; rows 0 .. m-1."""
    m = len(rows)
    z -= z.max(axis=1, keepdims=True)
    picked = z[rows, y]
    p = np.exp(z, out=z)
    sums = p.sum(axis=1)
    loss = (np.log(sums).sum() - picked.sum()).item() / m
    sums *= m
    p /= sums[:, None]
    p[rows, y] -= 1 / m
    return loss


def updates(
    workload: Workload, parameters: list[Array], gradients: list[Array]
) -> Callable[[], None]:
    """Return what updates these parameters from these gradients, arrays that stay the same."""
    make = {"sgd": _sgd, "adam": _adam}[str(workload.optimizer)]
    return make(parameters, gradients, workload)


def _sgd(parameters: list[Array], gradients: list[Array], workload: Workload) -> Callable[[], None]:
    pairs, lr = list(zip(parameters, gradients, strict=True)), workload.lr

    def update() -> None:
        for p, g in pairs:
            g *= lr
            p -= g

    return update


def _adam(
    parameters: list[Array], gradients: list[Array], workload: Workload
) -> Callable[[], None]:
    beta1, beta2, t = 0.9, 0.999, 0
    lr, epsilon = workload.lr, workload.epsilon
    rows = [
        (p, g, np.zeros_like(p), np.zeros_like(p), np.empty_like(p))
        for p, g in zip(parameters, gradients, strict=True)
    ]

    def update() -> None:
        nonlocal t
        t += 1
        # Both corrections of the bias go into two numbers: lr m/c1 / (sqrt(v)/c2 + epsilon).
        c1, c2 = 1 - beta1**t, (1 - beta2**t) ** 0.5
        for p, g, m, v, s in rows:
            m *= beta1
            m += np.multiply(g, 1 - beta1, out=s)
            v *= beta2
            g *= g
            g *= 1 - beta2
            v += g
            np.sqrt(v, out=s)
            s += epsilon * c2
            np.divide(m, s, out=s)
            s *= lr * c2 / c1
            p -= s

    return update
