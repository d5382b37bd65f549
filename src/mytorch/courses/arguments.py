"""Numbers and names on the command line of the courses' programs, or one line that refuses them."""

import argparse
from collections.abc import Callable
from pathlib import Path

LARGEST_SEED = 2**32 - 1  # of numpy.random.RandomState


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number from `least` to `most`, for `add_argument(type=...)`."""

    def read(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {least} to {most}, got {text!r}"
            )
        return value

    return read


def above_zero(most: float) -> Callable[[str], float]:
    """Return what reads a number above 0, at most `most`, for `add_argument(type=...)`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(
                f"expected a number above 0, at most {most:g}, got {text!r}"
            )
        return value

    return read


def file_or_folder(text: str) -> Path:
    """Read the name of a file or a folder: an empty one would be the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a file or a folder, got ''")
    return Path(text)
