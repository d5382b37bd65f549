"""Plain NumPy: what a good engineer writes for exactly this network, without a library."""

from typing import Any

import numpy as np

from ..networks import MLP
from ..workloads import Data, Workload
from .numpy_batches import Batches
from .numpy_images import ImageBatches, ImageCalls
from .numpy_single import Single
from .peer import Inference, Peer


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the loop that suits the workload."""
    if not isinstance(workload.network, MLP):
        make_images = ImageCalls if workload.optimizer is None else ImageBatches
        return make_images(workload, data)
    if workload.optimizer is None:
        return Calls(workload, data)
    if workload.batch == 1:
        return Single(workload, data)
    return Batches(workload, data, workload.network)


class Calls(Inference):
    """Inference of a ReLU network."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.layers = data.layers
        self.a = [np.empty((workload.batch, len(b)), b.dtype) for _, b in data.layers]

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch, in an array that the next call overwrites."""
        last = self.a[-1]
        for (W, b), a in zip(self.layers, self.a, strict=True):
            np.matmul(x, W.T, out=a)
            a += b
            if a is not last:
                np.maximum(a, 0, out=a)
            x = a
        return x

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return [p for layer in self.layers for p in layer]
