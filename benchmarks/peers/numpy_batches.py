"""Mini-batch training of a multilayer perceptron: every array of a step is allocated once."""

from typing import Any

import numpy as np

from ..networks import MLP
from ..workloads import Data, Workload
from .numpy_steps import Epochs, cross_entropy, updates

Array = Any


class Buffers:
    """The arrays of a step of m examples."""

    def __init__(self, sizes: tuple[int, ...], m: int, dtype: str) -> None:
        self.a = [np.empty((m, size), dtype) for size in sizes]  # the input and all outputs
        self.delta = [np.empty((m, size), dtype) for size in sizes[:-1]]  # dL/da
        self.mask = [np.empty((m, size), bool) for size in sizes]
        self.ones = np.ones(m, dtype)
        self.rows = np.arange(m)


class Batches(Epochs):
    """A ReLU or tanh network with softmax cross-entropy, trained by SGD or Adam."""

    def __init__(self, workload: Workload, data: Data, network: MLP) -> None:
        super().__init__(workload, data)
        self.W = [W.copy() for W, _ in data.layers]
        self.b = [b.copy() for _, b in data.layers]
        self.grad_W = [np.empty_like(W) for W in self.W]
        self.grad_b = [np.empty_like(b) for b in self.b]
        self.relu = network.activation == "relu"
        sizes_of_batches = {min(self.batch, len(self.x)), len(self.x) % self.batch or self.batch}
        self.buffers = {m: Buffers(network.sizes, m, workload.dtype) for m in sizes_of_batches}
        self.update = updates(workload, self.W + self.b, self.grad_W + self.grad_b)

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2, ..."""
        return [p for layer in zip(self.W, self.b, strict=True) for p in layer]

    def step(self, rows: Array) -> float:
        """Update the parameters from these examples, and return their mean loss."""
        last = len(self.W) - 1
        buffers = self.buffers[len(rows)]
        a, y = buffers.a, self.y[rows]
        np.take(self.x, rows, axis=0, out=a[0], mode="clip")
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            z = np.matmul(a[layer], W.T, out=a[layer + 1])
            z += b
            if layer < last:
                np.maximum(z, 0, out=z) if self.relu else np.tanh(z, out=z)

        loss = cross_entropy(z, y, buffers.rows)
        g = z  # dL/dz

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
