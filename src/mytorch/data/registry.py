"""Data sets by name."""

from ..utils.errors import DataError, did_you_mean
from . import storage
from .dataset import Dataset
from .recipe import Recipe
from .sets import KINDS, RECIPES, load_own


def names() -> list[str]:
    """Return the names that `load` knows."""
    return sorted(RECIPES)


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
    recipe = get(name)
    return recipe.load(name, [storage.find(file) for file in recipe.files])


def get(name: str) -> Recipe:
    """Return what is known of a data set before it is read.

    Raises
    ------
    DataError
        For an unknown name; the message lists those there are.
    """
    if name not in RECIPES:
        hint = did_you_mean(name, RECIPES)
        brought = ", ".join(f"{kind}:PATH" for kind in KINDS)
        raise DataError(
            f"no data set is named {name!r}; {hint}there are: {', '.join(names())}, and your own: "
            f"{brought}"
        )
    return RECIPES[name]
