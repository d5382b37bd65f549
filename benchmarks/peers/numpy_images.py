"""Convolutional networks in NumPy: a chain of layers by hand, trained and called."""

from typing import Any

import numpy as np

from ..workloads import Data, Workload
from .numpy_layers import Layer, chain
from .numpy_steps import Epochs, cross_entropy, updates
from .peer import Inference

Array = Any


class ImageBatches(Epochs):
    """Training with softmax cross-entropy, by SGD or Adam."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.layers = chain(workload.network.layers, data.layers)
        self.update = updates(
            workload,
            [p for layer in self.layers for p in layer.parameters],
            [g for layer in self.layers for g in layer.gradients],
        )

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return _shown(self.layers)

    def step(self, rows: Array) -> float:
        """Update the parameters from these examples, and return their mean loss."""
        z = _forward(self.layers, self.x[rows], training=True)
        loss, g = cross_entropy(z, self.y[rows], np.arange(len(rows))), z
        for layer in reversed(self.layers):
            g = layer.backward(g)
        self.update()
        return loss


class ImageCalls(Inference):
    """Inference."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.layers = chain(workload.network.layers, data.layers)

    def predict(self, x: Array) -> Array:
        """Return the scores of a batch, in an array that the next call overwrites."""
        return _forward(self.layers, x, training=False)

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return _shown(self.layers)


def _forward(layers: list[Layer], x: Array, *, training: bool) -> Array:
    """Return the scores of images (N, C, H, W)."""
    x = x.transpose(0, 2, 3, 1)
    for layer in layers:
        x = layer.forward(x, training)
    return x


def _shown(layers: list[Layer]) -> list[Array]:
    trained = [p for layer in layers for p in layer.shown]
    return trained + [t for layer in layers for t in layer.tracked]
