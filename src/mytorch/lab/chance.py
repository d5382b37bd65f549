"""What may be chance: accuracies are shares of a number of examples."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray


def differ(first: float, second: float, n: int, n_second: int | None = None) -> bool:
    """Tell whether two shares, each of n examples, are more than two standard errors apart.

    `n_second` is how many the second one is a share of, if that is another number. The examples
    are taken as drawn anew for each; for two networks on the same examples, whose mistakes go
    together, that asks for more than it must.
    """
    variance = first * (1 - first) / n + second * (1 - second) / (n_second or n)
    return abs(first - second) > 2 * sqrt(variance)


def guessing(y: NDArray[np.integer]) -> float:
    """Return the cross-entropy of the best guess that ignores the inputs: the labels' entropy."""
    shares = np.unique(y, return_counts=True)[1] / len(y)
    return float(-(shares * np.log(shares)).sum())


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
