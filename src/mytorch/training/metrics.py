"""How good a model is on data that it does not learn from."""

from collections.abc import Iterable
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.batches import batch_indices
from ..nn import Loss, Module, no_cache
from ..utils.errors import ArgumentError, RunError

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
        For no examples, or another number of targets.
    RunError
        Where the loss is not finite.
    """
    x, y = split
    if not len(x) or len(x) != len(y):
        raise ArgumentError(f"evaluate: got {len(x)} examples and {len(y)} targets")
    truth = y.argmax(axis=1) if y.ndim == 2 else y
    total, labels = 0.0, np.empty(len(x), np.int64)
    for rows in batch_indices(len(x), batch_size):
        with no_cache(), np.errstate(over="ignore", invalid="ignore"):
            output = model.predict(x[rows])
            total += loss.forward(output, y[rows]) * len(rows)
        labels[rows] = output.argmax(axis=1)
    if not isfinite(total):
        raise RunError(
            f"the loss of the evaluation is {total}: the model or its data are not finite"
        )
    return Evaluation(total / len(x), float(np.mean(labels == truth)), labels)
