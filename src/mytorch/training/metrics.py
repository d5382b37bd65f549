"""How good a model is on data that it does not learn from."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.batches import batch_indices
from ..nn import Loss, Module, no_cache
from ..utils.errors import ArgumentError

Array = NDArray[Any]


class Evaluation(NamedTuple):
    """Mean loss, accuracy in [0, 1], and the predicted labels (N,)."""

    loss: float
    accuracy: float
    labels: Array


def evaluate(
    model: Module, loss: Loss, split: Iterable[Array], batch_size: int = 1000
) -> Evaluation:
    """Evaluate a classifier on a split (x, y), in evaluation mode and without caching.

    The predicted label is the index of the largest output, the smallest such index on a tie.

    Raises
    ------
    ArgumentError
        For a split without examples.
    """
    x, y = split
    if not len(x):
        raise ArgumentError("evaluate: the split has no examples")
    total, labels = 0.0, np.empty(len(x), np.int64)
    for rows in batch_indices(len(x), batch_size):
        output = model.predict(x[rows])
        with no_cache():
            total += loss.forward(output, y[rows]) * len(rows)
        labels[rows] = output.argmax(axis=1)
    return Evaluation(total / len(x), float(np.mean(labels == y)), labels)
