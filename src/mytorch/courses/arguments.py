"""Numbers and names on the command line of the courses' programs; a wrong one is told in one line.

Each but the parser itself is what `add_argument(type=...)` takes.
"""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from math import inf, nan
from pathlib import Path

from ..utils.console import Parser
from ..utils.errors import ArgumentError

LARGEST_SEED = 2**32 - 1  # of numpy.random.RandomState
MANY = 10**18 - 1  # more than any machine can count to


def program_parser(file: str, description: str) -> Parser:
    """Return the parser of a program, named as it was called: by its file or through mytorch."""
    path = Path(file)
    called = Path(sys.argv[0]).name == path.name
    name = path.name if called else f"mytorch {path.parent.name} {path.stem}"
    return Parser(prog=name, description=description, allow_abbrev=False)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number from `least` to `most`."""
    limits = f"of at least {least}" if most == MANY else f"from {least:,} to {most:,}"

    def read(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) < 19
        if not digits or not least <= int(text) <= most:
            raise ArgumentTypeError(f"expected a whole number {limits}, got {text!r}")
        return int(text)

    return read


count = whole(1, MANY)  # of epochs, examples
width = whole(1, 100_000)  # of a layer, in units
seed = whole(0, LARGEST_SEED)


def above_zero(most: float) -> Callable[[str], float]:
    """Return what reads a finite number above 0, at most `most`."""
    limits = "finite number above 0" if most == inf else f"number above 0, at most {most:g}"

    def read(text: str) -> float:
        value = _real(text)
        if not (0 < value <= most and value < inf):
            raise ArgumentTypeError(f"expected a {limits}, got {text!r}")
        return value

    return read


above_0 = above_zero(inf)


def at_least_0(text: str) -> float:
    """Read a finite number of 0 or more."""
    value = _real(text)
    if not 0 <= value < inf:
        raise ArgumentTypeError(f"expected a finite number of 0 or more, got {text!r}")
    return value


def file_or_folder(text: str) -> Path:
    """Read the name of a file or a folder: an empty one would be the current folder."""
    if not text:
        raise ArgumentTypeError("expected the name of a file or a folder, got ''")
    return Path(text)


def check_seed(value: int) -> int:
    """Return a seed that numpy.random.RandomState takes.

    Raises
    ------
    ArgumentError
        For another.
    """
    if not 0 <= value <= LARGEST_SEED:
        raise ArgumentError(f"the seed must be from 0 to 2**32 - 1, got {value}")
    return value


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan
