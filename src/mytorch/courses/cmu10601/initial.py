"""The initial weights of cmu10601: from a seed that is their number, or zero."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.utils.errors import ArgumentError

Array = NDArray[Any]


def random_init(shape: tuple[int, int]) -> Array:
    """Return w (out, 1 + in) ~ U(-0.1, 0.1), from the seed out (1 + in), the bias column included.

    Raises
    ------
    ArgumentError
        For 2^32 numbers or more.
    """
    # The stream of np.random.seed(rows * columns), without touching that of others.
    return np.random.RandomState(_size(shape)).uniform(-0.1, 0.1, shape)


def zero_init(shape: tuple[int, int]) -> Array:
    """Return w (out, 1 + in) of zeros.

    Raises
    ------
    ArgumentError
        For 2^32 numbers or more.
    """
    _size(shape)
    return np.zeros(shape)


def _size(shape: tuple[int, int]) -> int:
    rows, columns = shape
    if rows * columns >= 2**32:
        raise ArgumentError(
            f"{rows} x {columns} weights: there can be no more than 2**32 - 1, the largest seed of "
            "the course; use fewer hidden units"
        )
    return rows * columns
