"""The floor: the matrix products of a workload, and nothing else."""

from typing import Any

import numpy as np

from ..workloads import Data, Workload
from .peer import Peer


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the products of an epoch, or of all calls."""
    return Products(workload, data)


class Products:
    """X W^T per layer and batch; in training also G^T X and, but for the first layer, G W."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.weights = [W for W, _ in data.layers]
        full, rest = divmod(workload.examples, workload.batch)
        training = workload.optimizer is not None
        self.batches = [(full, self.products(workload.batch, training))]
        if rest:
            self.batches.append((1, self.products(rest, training)))

    def products(self, m: int, training: bool) -> list[tuple[Any, Any, Any]]:
        """Return (A, B, room for A B) of a batch of m examples."""
        rng = np.random.default_rng(0)
        dtype: Any = self.weights[0].dtype.type
        found = []
        for layer, W in enumerate(self.weights):
            x, g = rng.random((m, W.shape[1]), dtype), rng.random((m, W.shape[0]), dtype)
            found.append((x, W.T, np.empty_like(g)))
            if training:
                found.append((g.T, x, np.empty_like(W)))
                if layer:
                    found.append((g, W, np.empty_like(x)))
        return found

    def run(self) -> list[float]:
        """Multiply; there is nothing to report."""
        for times, products in self.batches:
            for _ in range(times):
                for a, b, out in products:
                    np.matmul(a, b, out=out)
        return []

    def parameters(self) -> list[Any]:
        """Return the weights, which nothing has changed."""
        return self.weights
