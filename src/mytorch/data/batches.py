"""The order in which examples are seen."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ArgumentError


def batch_indices(
    n: int, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[NDArray[Any]]:
    """Yield the row numbers of each batch of an epoch over n examples; the last may be smaller.

    With `rng` the rows are shuffled, without it they come in order.

    Raises
    ------
    ArgumentError
        For a batch size below 1.
    """
    if batch_size < 1:
        raise ArgumentError(f"batch_size must be at least 1, got {batch_size}")
    yield from cut(np.arange(n) if rng is None else rng.permutation(n), batch_size)


def cut(order: NDArray[Any], batch_size: int) -> Iterator[NDArray[Any]]:
    """Yield row numbers a batch at a time, in this order."""
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
