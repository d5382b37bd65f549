"""The data sets known by name, one file per family, and those that a person brings."""

from collections.abc import Callable

from ..dataset import Dataset
from . import bundled, letters, mnist, synthetic
from .own import KINDS as KINDS
from .own import load_own as load_own

LOADERS: dict[str, Callable[[], Dataset]] = {
    **bundled.SETS,
    **mnist.SETS,
    **letters.SETS,
    **synthetic.SETS,
}
