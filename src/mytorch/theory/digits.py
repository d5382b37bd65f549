"""Numbers as a person reads them: six significant digits, in brackets where they are negative."""

import numpy as np
from numpy.typing import NDArray

MOST = 144  # entries of an array that is shown
WIDEST = 16  # columns
WHOLE = 1e9  # whole numbers below are shown in full


def short(number: float) -> str:
    """Return a number with six significant digits; a whole one in full, without a point."""
    if isinstance(number, int) or (abs(number) < WHOLE and number == int(number)):
        return str(int(number))
    return f"{number:.6g}"


def factor(number: float) -> str:
    """Return a number as a factor or a term: in brackets if it begins with a minus."""
    text = short(number)
    return f"({text})" if text.startswith("-") else text


def dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> str:
    """Return the products of two vectors, put down with their numbers: `2 * 3 + (-1) * 4`."""
    pairs = zip(left.ravel(), right.ravel(), strict=True)
    return " + ".join(f"{factor(a)} * {factor(b)}" for a, b in pairs)


def fits(array: NDArray[np.float64]) -> bool:
    """Tell whether an array is small enough to be shown in full."""
    return array.size <= MOST and (array.ndim == 0 or array.shape[-1] <= WIDEST)
