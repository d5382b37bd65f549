"""Tables of numbers with a column of labels, as comma-separated text."""

import csv
import reprlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import DataError, one_line
from ...utils.files import check_regular

Array = NDArray[Any]

LABEL_NAMES = ("label", "class", "target", "y")


class Table(NamedTuple):
    """Examples x (N, D) float64, labels y (N,) as indices into `classes`, names of D columns."""

    x: Array
    y: Array
    classes: tuple[str, ...]
    columns: tuple[str, ...]


def read_csv(path: Path, label: str | int | None = None) -> Table:
    """Read a table with a row per example, with or without a line of names above.

    Parameters
    ----------
    label
        The column of the labels: its name, or its position (0 the first, -1 the last). If not
        given, it is the column named label, class, target or y, else the only column of text,
        else the first.

    The other columns must be finite numbers. Labels are whole numbers or text; `classes` are the
    different ones, numbers in their order and text in the alphabet's.

    Raises
    ------
    DataError
        One line with path, line and column, for what is not such a table.
    """
    lines = list(_lines(path))
    names = _header(lines)
    rows = lines[1:] if names else lines
    if not rows:
        raise DataError(f"{path}: expected rows of numbers, found none")
    width = _width(path, lines)
    if width < 2:
        raise DataError(f"{path}: expected a column of labels and others, got {width} column")
    column = _label_column(path, names, rows, label)
    kept = [c for c in range(width) if c != column]
    x = _numbers(path, rows, kept)
    y, classes = _labels(path, column, rows)
    shown = names or [f"column {c + 1}" for c in range(width)]
    return Table(x, y, classes, tuple(shown[c] for c in kept))


def read_rows(path: Path, columns: int) -> Array:
    """Return a table without labels as x (N, columns), with or without a line of names above.

    Raises
    ------
    DataError
        One line with path, line and column, for what is not such a table.
    """
    lines = list(_lines(path))
    rows = lines[1:] if _header(lines) else lines
    if not rows:
        raise DataError(f"{path}: expected rows of numbers, found none")
    for number, cells in rows:
        if len(cells) != columns:
            raise DataError(
                f"{path}, line {number}: expected {columns} columns of numbers and no label, "
                f"got {len(cells)}"
            )
    return _numbers(path, rows, list(range(columns)))


def read_numbers(path: Path) -> tuple[Array, list[int]]:
    """Return a table of nothing but numbers as (N, D) float64, and on which line each row stands.

    Raises
    ------
    DataError
        One line with path, line and column, for what is not such a table.
    """
    rows = list(_lines(path))
    if not rows:
        raise DataError(f"{path}: expected rows of numbers, found none")
    return _numbers(path, rows, range(_width(path, rows))), [number for number, _ in rows]


def _width(path: Path, lines: Sequence[tuple[int, list[str]]]) -> int:
    """Return how many columns all lines have."""
    first, width = lines[0][0], len(lines[0][1])
    for number, cells in lines:
        if len(cells) != width:
            raise DataError(
                f"{path}, line {number}: expected {width} columns as in line {first}, "
                f"got {len(cells)}"
            )
    return width


def _numbers(path: Path, rows: Sequence[tuple[int, list[str]]], columns: Sequence[int]) -> Array:
    """Return some columns of the rows, all of them finite numbers."""
    x = np.empty((len(rows), len(columns)))
    for row, (number, cells) in zip(x, rows, strict=True):
        try:
            row[:] = [float(cells[c]) for c in columns]
        except ValueError:
            wrong = next(c for c in columns if not _is_number(cells[c]))
            found = reprlib.repr(cells[wrong]) if cells[wrong].strip() else "nothing"
            raise DataError(
                f"{path}, line {number}, column {wrong + 1}: expected a number, got {found}"
            ) from None
    wrong_at = np.argwhere(~np.isfinite(x))
    if len(wrong_at):
        r, c = map(int, wrong_at[0])
        raise DataError(
            f"{path}, line {rows[r][0]}, column {columns[c] + 1}: expected a finite number, "
            f"got {x[r, c]}"
        )
    return x


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that is not blank."""
    check_regular(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not text in UTF-8 ({error.reason})") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {one_line(error)}") from error


def _header(lines: Sequence[tuple[int, list[str]]]) -> list[str]:
    """Return the names in the first line, or none where it is an example like the others."""
    if not lines:
        return []
    first = lines[0][1]
    second = lines[1][1] if len(lines) > 1 else first
    all_text = not any(map(_is_number, first))
    above_numbers = any(
        not _is_number(a) and _is_number(b) for a, b in zip(first, second, strict=False)
    )
    return [name.strip() for name in first] if all_text or above_numbers else []


def _label_column(
    path: Path, names: list[str], rows: Sequence[tuple[int, list[str]]], label: str | int | None
) -> int:
    width = len(rows[0][1])
    if isinstance(label, int):
        if not -width <= label < width:
            raise DataError(f"{path}: there is no column {label} among {width}")
        return label % width
    wanted = LABEL_NAMES if label is None else (label.lower(),)
    named = [c for c, name in enumerate(names) if name.lower() in wanted]
    if len(named) == 1:
        return named[0]
    if label is not None:
        there = f"there are: {', '.join(names)}" if names else "its first line holds no names"
        raise DataError(f"{path}: no column is named {label!r}; {there}")
    text = [c for c, cell in enumerate(rows[0][1]) if not _is_number(cell)]
    return text[0] if len(text) == 1 else 0


def _labels(
    path: Path, column: int, rows: Sequence[tuple[int, list[str]]]
) -> tuple[Array, tuple[str, ...]]:
    texts = [cells[column].strip() for _, cells in rows]
    if "" in texts:
        line = rows[texts.index("")][0]
        raise DataError(f"{path}, line {line}, column {column + 1}: expected a label, got nothing")
    if all(map(_is_whole, texts)):
        texts = [str(int(float(text))) for text in texts]  # 3.0 is 3
        classes = sorted(set(texts), key=int)
    elif all(map(_is_number, texts)):
        row = next(row for row, text in enumerate(texts) if not _is_whole(text))
        raise DataError(
            f"{path}, line {rows[row][0]}, column {column + 1}: expected a label, a whole number "
            f"or text, got {texts[row]}; name the column of the labels after a #: {path.name}#0 is "
            f"the first, {path.name}#-1 the last"
        )
    else:
        classes = sorted(set(texts))
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[text] for text in texts], np.int64), tuple(classes)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except ValueError:
        return False
