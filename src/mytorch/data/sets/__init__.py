"""The data sets known by name, one file per family, and those that a person brings."""

from ..recipe import Recipe
from . import blood_cells, bundled, letters, medmnist, mnist, natural, synthetic
from .own import KINDS as KINDS
from .own import load_own as load_own

RECIPES: dict[str, Recipe] = {
    **bundled.SETS,
    **mnist.SETS,
    **natural.SETS,
    **medmnist.SETS,
    **letters.SETS,
    **synthetic.SETS,
    **blood_cells.SETS,
}
