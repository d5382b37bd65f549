"""Softmax along the last axis, in logarithms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def log_softmax(z: NDArray[Any]) -> NDArray[Any]:
    """log softmax(z) = z - max z - log sum exp(z - max z), for rows z of shape (N, C).

    The shift by the row's maximum leaves the value unchanged and keeps exp below 1, so that
    nothing overflows while the entries of a row differ by a finite number. For complex z, as a
    complex-step derivative feeds it, the maximum is that of the real part: the shift stays a
    constant with respect to the step.
    """
    shifted = z - z.real.max(axis=-1, keepdims=True)  # (N, C)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # (N, C) - (N, 1)
