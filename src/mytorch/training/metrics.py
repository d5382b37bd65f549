"""How good a model is on data that it does not learn from."""

from collections.abc import Iterable
from contextlib import nullcontext
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import Loss, Module, no_cache
from ..nn.workspace import Workspaces
from ..utils.errors import ArgumentError, RunError
from ..utils.kernels import choose
from .diagnosis import why_not_finite
from .step import examples_in

Array = NDArray[Any]


class Evaluation(NamedTuple):
    """Mean loss; of a classifier also accuracy in [0, 1] and the predicted labels (N,)."""

    loss: float
    accuracy: float | None
    labels: Array | None


def evaluate(
    model: Module,
    loss: Loss,
    split: Iterable[Array],
    batch_size: int = 1000,
    *,
    kernels: str = "numpy",
) -> Evaluation:
    """Evaluate a model on a split (x, y), in evaluation mode and without caching.

    Targets that are integer labels (N,), or rows (N, C) of probabilities, make it a classifier:
    the predicted label is the index of the largest output, the smallest such index on a tie.
    `kernels` are those of `fit`.

    Raises
    ------
    ArgumentError
        For no examples, another number of targets, or a batch size below 1.
    RunError
        Where the loss is not finite.
    """
    x, y = split
    if not len(x) or len(x) != len(y):
        raise ArgumentError(f"evaluate: got {len(x)} examples and {len(y)} targets")
    if batch_size < 1:
        raise ArgumentError(f"evaluate: batch_size must be at least 1, got {batch_size}")
    truth = _labels(y)
    total, labels = 0.0, np.empty(len(x), np.int64)
    lent = (
        nullcontext if kernels == "numpy" else Workspaces(model, loss, kernels=choose(kernels)).lent
    )
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        with lent(), no_cache(), np.errstate(over="ignore", invalid="ignore"):
            output = model.predict(x[rows])
            total += loss.forward(output, y[rows]) * examples_in(loss, output)
        if truth is not None:
            labels[rows] = output.argmax(axis=1)
    if not isfinite(total):
        why = why_not_finite(model, x, np.arange(len(x)))
        raise RunError(f"the loss of the evaluation is {total}; {why}")
    if truth is None:
        return Evaluation(total / len(x), None, None)
    return Evaluation(total / len(x), float(np.mean(labels == truth)), labels)


def _labels(y: Array) -> Array | None:
    """Return the labels that the targets stand for, if they do."""
    if y.ndim == 1 and y.dtype.kind in "iu":
        return y
    if y.ndim == 2 and y.shape[1] > 1 and np.all(y >= 0) and np.allclose(y.sum(axis=1), 1):
        return y.argmax(axis=1)
    return None
