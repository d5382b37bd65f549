"""Kinds of numbers that programs take on the command line; a wrong one is told in one line."""

from argparse import ArgumentTypeError
from math import inf, nan

from ..utils.errors import ArgumentError

MOST_SEEDS = 2**32  # of numpy.random.RandomState
WIDEST = 100_000  # units of a layer


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole(text, 1, 10**9, "a whole number of at least 1")


def width(text: str) -> int:
    """Return a number of units of a layer."""
    return _whole(text, 1, WIDEST, f"a whole number from 1 to {WIDEST:,}")


def seed(text: str) -> int:
    """Return a seed of numpy.random.RandomState."""
    return _whole(text, 0, MOST_SEEDS - 1, "a whole number from 0 to 2**32 - 1")


def above_0(text: str) -> float:
    """Return a finite number above 0."""
    value = _real(text)
    if not 0 < value < inf:
        raise ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return value


def at_least_0(text: str) -> float:
    """Return a finite number of 0 or more."""
    value = _real(text)
    if not 0 <= value < inf:
        raise ArgumentTypeError(f"expected a finite number of 0 or more, got {text!r}")
    return value


def check_seed(value: int) -> int:
    """Return a seed that numpy.random.RandomState takes.

    Raises
    ------
    ArgumentError
        For another.
    """
    if not 0 <= value < MOST_SEEDS:
        raise ArgumentError(f"the seed must be from 0 to 2**32 - 1, got {value}")
    return value


def _whole(text: str, least: int, most: int, wanted: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) < 19
    if not digits or not least <= int(text) <= most:
        raise ArgumentTypeError(f"expected {wanted}, got {text!r}")
    return int(text)


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan
