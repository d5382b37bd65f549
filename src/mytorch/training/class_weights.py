"""Weights that make rare classes count as much as frequent ones."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..utils.errors import ArgumentError


def balanced_weights(y: NDArray[Any], classes: int, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return w[c] = N / (C N_c), for `SoftmaxCrossEntropy(weight=w)`: each class counts the same.

    N labels y (N,) from 0 to C - 1 = `classes` - 1, of which N_c are c. Over the data the mean
    weight is 1.

    Raises
    ------
    ArgumentError
        For labels out of range, and for a class that never occurs: no weight makes up for that.

    Reference: King and Zeng 2001, "Logistic regression in rare events data"; scikit-learn's
    class_weight="balanced".
    """
    if not len(y) or y.ndim != 1 or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= classes:
        raise ArgumentError(f"balanced_weights: expected labels (N,) from 0 to {classes - 1}")
    counts = np.bincount(y, minlength=classes)  # (C,)
    if not counts.all():
        missing = ", ".join(map(str, np.flatnonzero(counts == 0)))
        raise ArgumentError(f"balanced_weights: no example has the label {missing}")
    return (len(y) / (classes * counts)).astype(dtype)
