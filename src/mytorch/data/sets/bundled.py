"""The sets that come with scikit-learn: nothing to download."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.errors import DataError
from ...utils.extras import require
from ..dataset import Split
from ..recipe import Parts, Recipe
from ..splits import held_out


def _digits(_: list[Path]) -> Parts:
    """Load the 1,797 digits.

    scikit-learn bundles the test part of the UCI set alone, so the cut into 80 % and 20 % is ours:
    it is stratified and always the same. All writers occur in both parts.
    """
    bunch = require("sklearn.datasets", "lab").load_digits()
    x = bunch.images.astype(np.uint8)[:, np.newaxis]  # (1797, 1, 8, 8)
    y = bunch.target.astype(np.int64)
    _verify("digits", x.tobytes() + y.astype("<i8").tobytes(), DIGITS)
    return held_out(Split(x, y))


def _table(name: str, sha256: str, _: list[Path]) -> Parts:
    """Load a table, cut into 80 % and 20 % by us, stratified and always in the same way."""
    load = getattr(require("sklearn.datasets", "lab"), f"load_{name.replace('-', '_')}")
    bunch: Any = load()
    x, y = bunch.data.astype(np.float64), bunch.target.astype(np.int64)
    _verify(name, x.astype("<f8").tobytes() + y.astype("<i8").tobytes(), sha256)
    return held_out(Split(x, y))


def _verify(name: str, content: bytes, sha256: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(f"{name}: scikit-learn brings another data set than expected ({found})")


DIGITS = "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5"

SETS = {
    "digits": Recipe(
        _digits,
        tuple("0123456789"),
        (0, 16),
        source="UCI Optical Recognition of Handwritten Digits, the part bundled by scikit-learn",
        licence="CC BY 4.0",
    ),
    **{
        name: Recipe(
            partial(_table, name, sha256),
            classes,
            None,
            source=f"{source}, as bundled by scikit-learn",
            licence="CC BY 4.0",
        )
        for name, sha256, classes, source in [
            (
                "iris",
                "aa06b8008ceba42efc654be0f83fdafc786239c9e8f13146044d078f5aab8f23",
                ("setosa", "versicolor", "virginica"),
                "Fisher 1936, The use of multiple measurements in taxonomic problems; UCI Iris",
            ),
            (
                "wine",
                "3a28849ef2366c4b9d4e382b3fa5624a66f693c04d7fdcf43c529bbb0bb338d7",
                ("cultivar 1", "cultivar 2", "cultivar 3"),
                "Forina et al., UCI Wine",
            ),
            (
                "breast-cancer",
                "25e2eb7b7a8745b1bde5ba18bc4969983d2e2f403291ecd5bde4a29ef30c3859",
                ("malignant", "benign"),
                "Wolberg, Street and Mangasarian, UCI Breast Cancer Wisconsin (Diagnostic)",
            ),
        ]
    },
}
