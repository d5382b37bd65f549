"""From published numbers to what a network takes."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .dataset import Dataset, Split

Array = NDArray[Any]


class Prepared(NamedTuple):
    """The splits of a data set, ready to train on."""

    train: Split
    validation: Split | None
    test: Split


def unit_range(x: Array, value_range: tuple[float, float], dtype: DTypeLike = np.float32) -> Array:
    """Return x mapped linearly so that `value_range` becomes [0, 1], as floating numbers."""
    low, high = value_range
    scaled = x.astype(dtype)
    scaled -= low
    scaled /= high - low
    return scaled


def flatten(x: Array) -> Array:
    """Return x (N, ...) as rows (N, D)."""
    return x.reshape(len(x), -1)


def standardized_rows(data: Dataset, dtype: DTypeLike = np.float32) -> Prepared:
    """Return every split as rows (N, D), (x - mean) / std with the training set's statistics.

    Images have one mean and one deviation over all pixels: single pixels that are always blank
    would have a deviation of 0. Columns of a table (`value_range` None) have their own; a column
    that never changes is only moved to 0. Statistics of the test set are never used.
    """
    value_range = data.value_range

    def rows(split: Split) -> Array:
        if value_range is None:
            return flatten(split.x.astype(dtype))
        return flatten(unit_range(split.x, value_range, dtype))

    train = rows(data.train)  # (N, D)
    axis = 0 if value_range is None else None
    mean, std = train.mean(axis, np.float64), train.std(axis, np.float64)  # (D,), or numbers
    std = np.where(std == 0, 1, std)

    def prepare(split: Split, x: Array) -> Split:
        x -= mean
        x /= std
        return Split(x, split.y)

    held_out = data.validation
    validation = None if held_out is None else prepare(held_out, rows(held_out))
    return Prepared(prepare(data.train, train), validation, prepare(data.test, rows(data.test)))
