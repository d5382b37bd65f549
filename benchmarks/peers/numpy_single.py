"""Training example by example in NumPy: vectors, and one product for the evaluation."""

from math import log
from typing import Any

import numpy as np

from ..workloads import Data, Workload, make_order

Array = Any


class Single:
    """A network with one hidden layer of sigmoids, softmax cross-entropy, plain SGD."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.examples, self.labels = list(data.x), data.y.tolist()
        self.sets = [(data.x, data.y), (data.held_out_x, data.held_out_y)]
        (self.W1, self.b1), (self.W2, self.b2) = ((W.copy(), b.copy()) for W, b in data.layers)
        self.lr, self.order = workload.lr, make_order()

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2."""
        return [self.W1, self.b1, self.W2, self.b2]

    def run(self) -> list[float]:
        """Train for one epoch, then evaluate."""
        loss = self.train(self.order.permutation(len(self.labels)).tolist())
        return [loss, *(figure for x, y in self.sets for figure in self.evaluate(x, y))]

    def train(self, order: list[int]) -> float:
        """Update the parameters after each example, and return the mean loss."""
        W1, b1, W2, b2, lr = self.W1, self.b1, self.W2, self.b2, self.lr
        examples, labels = self.examples, self.labels
        h, z, g, slope = np.empty_like(b1), np.empty_like(b2), np.empty_like(b1), np.empty_like(b1)
        step1, step2 = np.empty_like(W1), np.empty_like(W2)
        z_column, g_column = z[:, None], g[:, None]
        total = 0.0
        for row in order:
            x, label = examples[row], labels[row]
            np.dot(W1, x, out=h)
            h += b1
            np.negative(h, out=h)
            np.exp(h, out=h)
            h += 1
            np.reciprocal(h, out=h)  # 1 / (1 + exp(-h))
            np.dot(W2, h, out=z)
            z += b2
            z -= np.maximum.reduce(z)
            picked = z.item(label)
            np.exp(z, out=z)
            scale = np.add.reduce(z).item()
            total += log(scale) - picked
            z *= lr / scale
            z[label] -= lr  # lr dL/dz
            np.dot(z, W2, out=g)
            np.subtract(1, h, out=slope)
            slope *= h
            g *= slope  # lr dL/dz of the hidden layer
            W2 -= np.multiply(z_column, h, out=step2)
            b2 -= z
            W1 -= np.multiply(g_column, x, out=step1)
            b1 -= g
        return total / len(order)

    def evaluate(self, x: Array, y: Array) -> list[float]:
        """Return mean cross-entropy and error."""
        h = 1 / (1 + np.exp(-(x @ self.W1.T + self.b1)))
        z = h @ self.W2.T + self.b2
        wrong = np.mean(z.argmax(axis=1) != y)
        z -= z.max(axis=1, keepdims=True)
        loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])
        return [loss.item(), wrong.item()]
