"""Data sets by name."""

import difflib

from ..utils.errors import DataError
from .dataset import Dataset
from .sets import KINDS, LOADERS, load_own


def names() -> list[str]:
    """Return the names that `load` knows."""
    return sorted(LOADERS)


def load(name: str) -> Dataset:
    """Load a data set by name, with its published splits, or one of your own.

    `csv:FILE`, `folder:FOLDER` (of folders of images, one for each class) and `npz:FILE` are
    yours; a fifth of what has no splits is held out for testing, always the same fifth.

    >>> digits = load("digits")
    >>> x, y = digits.train
    >>> x.shape, x.dtype, y[:5]
    ((1437, 1, 8, 8), dtype('uint8'), array([3, 9, 1, 3, 1]))

    Raises
    ------
    DataError
        For an unknown name, and for a file that is missing or damaged; the message says what to
        do about it.
    """
    own = load_own(name)
    if own is not None:
        return own
    if name not in LOADERS:
        close = difflib.get_close_matches(name, LOADERS, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        brought = ", ".join(f"{kind}:PATH" for kind in KINDS)
        raise DataError(
            f"no data set is named {name!r}; {hint}there are: {', '.join(names())}, and your own: "
            f"{brought}"
        )
    return LOADERS[name]()
