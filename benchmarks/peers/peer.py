"""What every peer offers, and how inference is driven."""

from typing import Any, Protocol

import numpy as np

from ..workloads import Data, Workload


class Peer(Protocol):
    """A workload in the hands of one library, ready to run."""

    def run(self) -> list[float]:
        """Do once what is timed, and return the figures it reports.

        Training: the mean loss of the epoch's examples; with held-out examples also mean
        cross-entropy and error on the training and on the held-out set. Inference: the scores
        of the last input. Whoever computes the same returns the same.
        """
        ...

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., then mean and variance as each batch norm tracks them.

        Their shapes are PyTorch's: W (out, in) or (out, in, height, width), b (out,).
        """
        ...


class Inference:
    """Calls `predict` on one batch after the other; the batches are cut beforehand."""

    def __init__(self, workload: Workload, data: Data) -> None:
        self.batches = [
            self.convert(data.x[start : start + workload.batch])
            for start in range(0, len(data.x), workload.batch)
        ]

    def convert(self, x: Any) -> Any:
        """Return a NumPy array as the library's own kind of array."""
        return x

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch."""
        raise NotImplementedError

    def run(self) -> list[float]:
        """Predict everything once."""
        scores = None
        for batch in self.batches:
            scores = self.predict(batch)
        return np.asarray(scores)[-1].tolist()
