"""Softmax along the last axis, in logarithms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def log_softmax(z: Array, axis: int = -1) -> Array:
    """log softmax(z) = z - max z - log sum exp(z - max z), along one axis.

    The shift by the maximum leaves the value unchanged and keeps exp below 1, so that
    nothing overflows while the entries of a row differ by a finite number. For complex z, as a
    complex-step derivative feeds it, the maximum is that of the real part: the shift stays a
    constant with respect to the step.
    """
    shifted = z - z.real.max(axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


def softmax_cross_entropy(z: Array, labels: Array, change: Array) -> Array:
    """Write softmax(z) - onehot(labels) into `change` (N, C); return -log softmax(z)[label] (N,).

    z (N, C), labels (N,) in 0..C-1.
    """
    np.subtract(z, z.real.max(axis=1, keepdims=True), out=change)  # (N, C) - (N, 1)
    rows = np.arange(len(z))
    picked = change[rows, labels]  # (N,)
    np.exp(change, out=change)
    total = change.sum(axis=1)  # (N,)
    change /= total[:, np.newaxis]
    change[rows, labels] -= 1
    return np.log(total) - picked
