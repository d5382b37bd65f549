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


def softmax_cross_entropy(z: Array, labels: Array, p: Array) -> Array:
    """Write softmax(z) of each row into p (N, C); return -log p[n, labels[n]], (N,)."""
    np.subtract(z, z.real.max(axis=1, keepdims=True), out=p)  # (N, C) - (N, 1)
    rows = np.arange(len(z))
    picked = p[rows, labels]  # (N,)
    np.exp(p, out=p)
    total = p.sum(axis=1)  # (N,)
    p /= total[:, np.newaxis]
    return np.log(total) - picked
