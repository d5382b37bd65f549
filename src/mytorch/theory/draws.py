"""Numbers that are pleasant to compute with by hand."""

import numpy as np

from .problem import Rows, Vector

Rng = np.random.Generator


def tenths(rng: Rng, count: int, most: float = 0.9) -> Vector:
    """Return numbers with one digit behind the point, none of them 0, from -most to most."""
    size = round(most * 10)
    whole = rng.integers(1, size, count, endpoint=True) * rng.choice((-1, 1), count)
    return tuple(int(w) / 10 for w in whole)


def positive_tenths(rng: Rng, count: int, most: float = 0.9) -> Vector:
    """Return numbers from 0.1 to most with one digit behind the point."""
    return tuple(int(w) / 10 for w in rng.integers(1, round(most * 10), count, endpoint=True))


def tenths_matrix(rng: Rng, rows: int, columns: int, most: float = 0.9) -> Rows:
    """Return a matrix of `tenths`."""
    return tuple(tenths(rng, columns, most) for _ in range(rows))


def small_whole(rng: Rng, low: int, high: int, count: int) -> Vector:
    """Return whole numbers from low to high, both included."""
    return tuple(float(w) for w in rng.integers(low, high, count, endpoint=True))


def nonzero_whole(rng: Rng, most: int, count: int) -> Vector:
    """Return whole numbers from -most to most, none of them 0."""
    sizes = rng.integers(1, most, count, endpoint=True) * rng.choice((-1, 1), count)
    return tuple(float(w) for w in sizes)


def small_matrix(rng: Rng, low: int, high: int, rows: int, columns: int) -> Rows:
    """Return a matrix of whole numbers from low to high, both included."""
    return tuple(small_whole(rng, low, high, columns) for _ in range(rows))


def one_of(rng: Rng, *choices: float) -> float:
    """Return one of a few numbers."""
    return choices[int(rng.integers(len(choices)))]
