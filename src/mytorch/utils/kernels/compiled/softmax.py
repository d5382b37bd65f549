"""Softmax and cross-entropy."""

from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import softmax
from .jit import flat, jit

Array = NDArray[Any]


def softmax_cross_entropy(z: Array, labels: Array, change: Array) -> Array:
    """Do what `softmax.softmax_cross_entropy` does."""
    run = _softmax_cross_entropy if flat(z, change) else softmax.softmax_cross_entropy
    return run(z, labels, change)


@jit
def _softmax_cross_entropy(z, labels, change):  # type: ignore[no-untyped-def]
    losses = np.empty(len(z), z.dtype)
    for n in range(len(z)):
        largest = z[n, 0]
        for c in range(z.shape[1]):
            largest = max(largest, z[n, c])
        total = z.dtype.type(0)
        for c in range(z.shape[1]):
            change[n, c] = exp(z[n, c] - largest)
            total += change[n, c]
        losses[n] = log(total) - (z[n, labels[n]] - largest)
        for c in range(z.shape[1]):
            change[n, c] /= total
        change[n, labels[n]] -= 1
    return losses
