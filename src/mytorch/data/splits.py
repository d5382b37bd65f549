"""Cutting a split into two."""

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ArgumentError
from ..utils.extras import require
from .dataset import Split
from .recipe import Parts

HELD_OUT = 0.2  # of a data set that was published whole


def cut(
    split: Split, held_out: float | int, rng: np.random.Generator | None = None
) -> tuple[Split, Split]:
    """Return the larger and the held-out part of a split, drawn at random.

    `held_out` is a share below 1 or a number of examples. Labels that are whole numbers occur in
    both parts in the same proportions, as far as each has two examples at all. Without `rng` the
    cut is always the same one.

    Raises
    ------
    ArgumentError
        Where one part would be empty.
    """
    n = len(split)
    # Rounded up, as scikit-learn does, but not for the last bit of a product such as 30 x 0.1.
    count = ceil(n * held_out * (1 - 1e-12)) if held_out < 1 else int(held_out)
    if not 0 < count < n:
        raise ArgumentError(f"cut: cannot hold out {held_out} of {n} examples: one part is empty")
    seed = 0 if rng is None else int(rng.integers(2**32))
    kept, out = require("sklearn.model_selection", "lab").train_test_split(
        np.arange(n), test_size=count, stratify=_strata(split.y, count), random_state=seed
    )
    return split[kept], split[out]


def held_out(whole: Split) -> Parts:
    """Return a set that was published without splits, a fifth of it held out for testing."""
    train, test = cut(whole, HELD_OUT)
    return Parts(train, None, test)


def _strata(y: NDArray[Any], count: int) -> NDArray[Any] | None:
    """Return the labels to be balanced, or None where that cannot be."""
    if y.dtype.kind not in "iu" or y.ndim != 1:
        return None
    classes, counts = np.unique(y, return_counts=True)
    balanced = counts.min() >= 2 and len(classes) <= min(count, len(y) - count)
    return y if balanced else None
