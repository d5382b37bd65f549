"""Reading what the programs of cmu10601 hand to each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.data.readers.csv import read_numbers
from mytorch.utils.errors import DataError

Array = NDArray[Any]

LETTERS = "aegilnortu"  # the labels 0 to 9
PIXELS = (16, 8)  # rows, columns


def read_letters(path: Path) -> tuple[Array, Array]:
    """Return images X (N, D) float64 and labels y (N,) of a CSV file without header, label first.

    Raises
    ------
    DataError
        One line with path, line and column, for what is not such a table.
    """
    table, lines = read_numbers(path)
    if table.shape[1] < 2:
        raise DataError(f"{path}, line {lines[0]}: expected a label and pixels, got one column")
    return np.ascontiguousarray(table[:, 1:]), _labels(path, table, lines)


def read_labels(path: Path) -> Array:
    """Return the labels (N,) of a file with one a line.

    Raises
    ------
    DataError
        One line with path, line and column, for what is not such a file.
    """
    table, lines = read_numbers(path)
    if table.shape[1] != 1:
        raise DataError(
            f"{path}, line {lines[0]}: expected one label a line, got {table.shape[1]} columns"
        )
    return _labels(path, table, lines)


def _labels(path: Path, table: Array, lines: Sequence[int]) -> Array:
    """Return column 1 as labels (N,), or refuse the first that is none."""
    labels = table[:, 0]
    wrong = ~np.isin(labels, np.arange(len(LETTERS)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}, line {lines[row]}, column 1: expected a label from 0 to "
            f"{len(LETTERS) - 1}, got {labels[row]:g}"
        )
    return labels.astype(np.int64)
