"""Reading and writing what the programs of cmu10601 hand to each other."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.courses.cmu10601.conventions import LETTERS
from mytorch.data.readers.csv import read_numbers
from mytorch.utils.errors import ArgumentError, DataError
from mytorch.utils.files import write_bytes

Array = NDArray[Any]


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
    labels = table[:, 0]
    wrong = ~np.isin(labels, np.arange(len(LETTERS)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}, line {lines[row]}, column 1: expected a label from 0 to "
            f"{len(LETTERS) - 1}, got {labels[row]:g}"
        )
    return np.ascontiguousarray(table[:, 1:]), labels.astype(np.int64)


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
    wrong = ~np.isin(table[:, 0], np.arange(len(LETTERS)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}, line {lines[row]}, column 1: expected a label from 0 to "
            f"{len(LETTERS) - 1}, got {table[row, 0]:g}"
        )
    return table[:, 0].astype(np.int64)


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Refuse files that cannot be written, or that would overwrite one another or an input.

    Before anything is computed: an error after an hour of training comes too late.

    Raises
    ------
    ArgumentError
        One line that names the file.
    """
    taken = {path.resolve(): path for path in inputs}
    for path in outputs:
        folder = path.resolve().parent
        if path.is_dir():
            raise ArgumentError(f"{path}: is a folder, expected the name of a file to write")
        if not folder.is_dir():
            raise ArgumentError(f"{path}: there is no folder {folder} to write it into")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise ArgumentError(f"{path}: may not be written")
        if _is_device(path):
            continue
        if path.resolve() in taken:
            raise ArgumentError(f"{path}: is another file of this run too; give each its own name")
        taken[path.resolve()] = path


def write_output(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what is no file, such as /dev/stdout, is written to."""
    if _is_device(path):
        with path.open("wb") as file:
            file.write(content)
    else:
        write_bytes(path.resolve(), content)  # a link stays one


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
