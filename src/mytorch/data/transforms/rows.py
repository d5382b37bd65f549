"""Images and tables as rows of standardized numbers, and how to do the same to others later."""

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...utils.errors import ArgumentError, ShapeError
from ..dataset import Dataset, Split
from .scaling import flatten, unit_range

Array = NDArray[Any]


LARGEST = 10**8  # numbers in an example


@dataclass(frozen=True)
class Standardizer:
    """x (N, ...) -> rows (N, D), (x - mean) / std; with `value_range`, after mapping it to [0, 1].

    Attributes
    ----------
    shape
        Of one example.
    value_range
        The smallest and the largest value that x can have; None for columns each of its own kind.
    mean, std
        Numbers, or one for each column (D,).
    dtype
        Of the rows.
    """

    shape: tuple[int, ...]
    value_range: tuple[float, float] | None
    mean: Array
    std: Array
    dtype: str

    @classmethod
    def of(cls, x: Array, value_range: tuple[float, float] | None, dtype: DTypeLike) -> "Fitted":
        """Return the standardizer with the statistics of x, and the rows of x.

        Images have one mean and one deviation over all pixels: single pixels that are always blank
        would have a deviation of 0. Columns of a table have their own; a column that never changes
        is only moved to 0.
        """
        rows = _rows(x, value_range, dtype)
        axis = 0 if value_range is None else None
        mean, std = rows.mean(axis, np.float64), rows.std(axis, np.float64)  # (D,), or numbers
        std = np.where(std == 0, 1, std)
        self = cls(x.shape[1:], value_range, np.asarray(mean), np.asarray(std), rows.dtype.name)
        return Fitted(self, self._standardized(rows))

    def __call__(self, x: Array) -> Array:
        """Return x as standardized rows.

        Raises
        ------
        ShapeError
            For examples of another shape.
        """
        if x.shape[1:] != self.shape:
            raise ShapeError(f"expected examples of shape {self.shape}, got {x.shape[1:]}")
        return self._standardized(_rows(x, self.value_range, self.dtype))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            "shape": list(self.shape),
            "value_range": None if self.value_range is None else list(self.value_range),
            "mean": self.mean.tolist(),
            "std": self.std.tolist(),
            "dtype": self.dtype,
        }

    @classmethod
    def from_json(cls, stored: Any) -> "Standardizer":
        """Return the standardizer that `to_json` described.

        Raises
        ------
        ArgumentError
            For what is none.
        """
        try:
            given, shape = stored["value_range"], tuple(int(n) for n in stored["shape"])
            mean, std = (np.array(stored[name], np.float64) for name in ("mean", "std"))
            if min(shape, default=1) < 1 or prod(shape) > LARGEST:
                raise ValueError(f"examples of shape {shape}")
            if {mean.shape, std.shape} - {(), (prod(shape),)}:
                raise ValueError(f"statistics of shape {mean.shape} and {std.shape}")
            return cls(
                shape,
                None if given is None else (float(given[0]), float(given[1])),
                mean,
                std,
                {"float32": "float32", "float64": "float64"}[stored["dtype"]],
            )
        except (LookupError, TypeError, ValueError) as error:
            raise ArgumentError(f"not what a standardizer was saved as ({error!r:.80})") from error

    def _standardized(self, rows: Array) -> Array:
        rows -= self.mean
        rows /= self.std
        return rows


class Fitted(NamedTuple):
    """A standardizer, and what it made of the examples whose statistics it has."""

    standardizer: Standardizer
    rows: Array


class Prepared(NamedTuple):
    """The splits of a data set, ready to train on, and how they were made."""

    train: Split
    validation: Split | None
    test: Split
    standardizer: Standardizer


def standardized_rows(data: Dataset, dtype: DTypeLike = np.float32) -> Prepared:
    """Return every split as rows (N, D), standardized with the training set's statistics.

    Raises
    ------
    ArgumentError
        For numbers that `dtype` cannot hold.
    """
    try:
        return _prepared(data, dtype)
    except ArgumentError as error:
        raise ArgumentError(f"{data.name}: {error}") from error


def _prepared(data: Dataset, dtype: DTypeLike) -> Prepared:
    standardizer, rows = Standardizer.of(data.train.x, data.value_range, dtype)

    def prepare(split: Split) -> Split:
        return Split(standardizer(split.x), split.y)

    return Prepared(
        Split(rows, data.train.y),
        None if data.validation is None else prepare(data.validation),
        prepare(data.test),
        standardizer,
    )


def _rows(x: Array, value_range: tuple[float, float] | None, dtype: DTypeLike) -> Array:
    with np.errstate(over="ignore"):
        rows = flatten(
            x.astype(dtype) if value_range is None else unit_range(x, value_range, dtype)
        )
    if not np.isfinite(rows).all():
        at = int(np.argmax(~np.isfinite(rows).all(axis=1)))
        raise ArgumentError(
            f"example {at} holds {np.max(np.abs(x[at])):g}, which is no {np.dtype(dtype)}; scale it"
        )
    return rows
