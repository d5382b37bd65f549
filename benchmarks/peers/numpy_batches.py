"""Mini-batch training in NumPy: every array of a step is allocated once."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..workloads import Data, Workload, make_order

Array = Any
EPSILON = 1e-8  # Adam's


class Buffers:
    """The arrays of a step of m examples."""

    def __init__(self, sizes: tuple[int, ...], m: int, dtype: str) -> None:
        self.a = [np.empty((m, size), dtype) for size in sizes]  # the input and all outputs
        self.delta = [np.empty((m, size), dtype) for size in sizes[:-1]]  # dL/da
        self.mask = [np.empty((m, size), bool) for size in sizes]
        self.ones = np.ones(m, dtype)
        self.rows = np.arange(m)


class Batches:
    """A ReLU or tanh network with softmax cross-entropy, trained by SGD or Adam."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.x, self.y = data.x, data.y
        self.W = [W.copy() for W, _ in data.layers]
        self.b = [b.copy() for _, b in data.layers]
        self.grad_W = [np.empty_like(W) for W in self.W]
        self.grad_b = [np.empty_like(b) for b in self.b]
        self.relu = workload.activation == "relu"
        self.batch = workload.batch
        sizes_of_batches = {min(self.batch, len(self.x)), len(self.x) % self.batch or self.batch}
        self.buffers = {m: Buffers(workload.sizes, m, workload.dtype) for m in sizes_of_batches}
        update = {"sgd": _sgd, "adam": _adam}[str(workload.optimizer)]
        self.update = update(self.W + self.b, self.grad_W + self.grad_b, workload.lr)
        self.order = make_order()

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2, ..."""
        return [p for layer in zip(self.W, self.b, strict=True) for p in layer]

    def run(self) -> list[float]:
        """Train for one epoch."""
        order, total = self.order.permutation(len(self.x)), 0.0
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            total += self.step(rows) * len(rows)
        return [total / len(order)]

    def step(self, rows: Array) -> float:
        """Update the parameters from these examples, and return their mean loss."""
        m, last = len(rows), len(self.W) - 1
        buffers = self.buffers[m]
        a, y = buffers.a, self.y[rows]
        np.take(self.x, rows, axis=0, out=a[0], mode="clip")
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            z = np.matmul(a[layer], W.T, out=a[layer + 1])
            z += b
            if layer < last:
                np.maximum(z, 0, out=z) if self.relu else np.tanh(z, out=z)

        z -= z.max(axis=1, keepdims=True)
        picked = z[buffers.rows, y]
        p = np.exp(z, out=z)
        sums = p.sum(axis=1)
        loss = (np.log(sums).sum() - picked.sum()).item() / m
        sums *= m
        p /= sums[:, None]
        p[buffers.rows, y] -= 1 / m
        g = p  # dL/dz

        for layer in range(last, -1, -1):
            np.matmul(g.T, a[layer], out=self.grad_W[layer])
            np.matmul(buffers.ones, g, out=self.grad_b[layer])
            if layer:
                delta = np.matmul(g, self.W[layer], out=buffers.delta[layer])
                h = a[layer]
                if self.relu:
                    delta *= np.greater(h, 0, out=buffers.mask[layer])
                else:
                    h *= h  # it has served
                    delta *= np.subtract(1, h, out=h)
                g = delta
        self.update()
        return loss


def _sgd(parameters: list[Array], gradients: list[Array], lr: float) -> Callable[[], None]:
    pairs = list(zip(parameters, gradients, strict=True))

    def update() -> None:
        for p, g in pairs:
            g *= lr
            p -= g

    return update


def _adam(parameters: list[Array], gradients: list[Array], lr: float) -> Callable[[], None]:
    beta1, beta2, epsilon, t = 0.9, 0.999, EPSILON, 0
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
