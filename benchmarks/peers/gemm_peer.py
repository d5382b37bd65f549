"""The floor: the matrix products of a workload, and nothing else."""

from typing import Any

import numpy as np

from ..networks import Conv, Dense, shapes
from ..workloads import Data, Workload
from .peer import Peer

BLOCK = 1 << 18  # numbers in the windows of a block of images: a megabyte of float32


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the products of an epoch, or of all calls.

    A convolution is the product of all windows, each a row, with all filters: of the "whole" batch
    at once, or in "blocks" of images whose windows stay in the cache.
    """
    return Products(workload, data, mode)


class Products:
    """X W^T per layer and batch; in training also G^T X and, but for the first layer, G W."""

    def __init__(self, workload: Workload, data: Data, mode: str = "") -> None:
        self.network, self.blocks = workload.network, mode == "blocks"
        self.training = workload.optimizer is not None
        self.weights = [W.reshape(len(W), -1) for W, _ in data.layers if W.ndim > 1]
        full, rest = divmod(workload.examples, workload.batch)
        self.batches = [(full, self.products(workload.batch))]
        if rest:
            self.batches.append((1, self.products(rest)))

    def products(self, m: int) -> list[tuple[Any, Any, Any]]:
        """Return (A, B, room for A B) of a batch of m examples."""
        layers, weights = self.network.layers, iter(self.weights)
        found: list[tuple[Any, Any, Any]] = []
        for layer, shape in zip(layers, shapes(self.network.input, layers), strict=False):
            match layer:
                case Dense():
                    W, sizes = next(weights), [m]
                case Conv():
                    W, sizes = next(weights), self.sizes(m, layer, shape)
                case _:
                    continue
            of = {n: self.of_layer(n, W, first=not found) for n in set(sizes)}
            found += [product for n in sizes for product in of[n]]
        return found

    def sizes(self, m: int, layer: Conv, shape: tuple[int, ...]) -> list[int]:
        """Return how many windows there are in each block of m images."""
        _, height, width = shape
        reach = 2 * layer.padding - layer.kernel + 1
        windows = (height + reach) * (width + reach)
        if not self.blocks:
            return [m * windows]
        images = max(1, BLOCK // (windows * layer.inputs * layer.kernel**2))
        count, rest = divmod(m, images)
        return [images * windows] * count + [rest * windows] * bool(rest)

    def of_layer(self, n: int, W: Any, *, first: bool) -> list[tuple[Any, Any, Any]]:
        """Return the products of a layer that gets n rows."""
        rng = np.random.default_rng(0)
        dtype: Any = W.dtype.type
        x, g = rng.random((n, W.shape[1]), dtype), rng.random((n, W.shape[0]), dtype)
        found = [(x, W.T, np.empty_like(g))]
        if self.training:
            found.append((g.T, x, np.empty_like(W)))
            if not first:
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
