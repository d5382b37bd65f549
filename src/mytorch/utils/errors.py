"""Mistakes that a user can mend, each told in one line.

Every message says what was wanted, what came, where, and how to mend it. The command line
prints the line and exits with 2; in Python each class is also the built-in exception that a
NumPy user would expect, so that `except ValueError` works.
"""

import difflib
from collections.abc import Iterable
from textwrap import shorten


class MytorchError(Exception):
    """Base of all errors that a user can mend."""


class ArgumentError(MytorchError, ValueError):
    """An argument has a value that cannot be used."""


class ShapeError(MytorchError, ValueError):
    """An array has the wrong shape."""


class DtypeError(MytorchError, TypeError):
    """An array has the wrong dtype."""


class OrderError(MytorchError, RuntimeError):
    """A call came before the call that it depends on, such as backward before forward."""


class DataError(MytorchError, ValueError):
    """A data file is missing, damaged, or not what its name says."""


class RunError(MytorchError, RuntimeError):
    """A run cannot start or go on: its folder is taken, its loss is not finite, ..."""


class MissingExtraError(MytorchError, ImportError):
    """A package of one of the extras is needed and not installed."""


def one_line(error: BaseException) -> str:
    """Return what another library's error says, in one line that a person will read to its end."""
    return shorten(str(error), 200, placeholder=" ...")


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return `did you mean NAME? `, for the known name that is closest, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {prefix}{close[0]}? " if close else ""
