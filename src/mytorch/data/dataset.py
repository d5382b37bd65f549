"""What a data set is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ShapeError

Array = NDArray[Any]


@dataclass(frozen=True)
class Split:
    """Examples x and labels y; unpacks as the pair `x, y = split`, and has a length.

    Shapes: x (N, ...), for images (N, channels, height, width); y (N,).
    """

    x: Array
    y: Array

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ShapeError(f"Split: {len(self.x)} examples x but {len(self.y)} labels y")

    def __iter__(self) -> Iterator[Array]:
        yield self.x
        yield self.y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Self:
        """Return the split of some rows: a slice, indices or a mask."""
        return type(self)(self.x[rows], self.y[rows])


@dataclass(frozen=True)
class Dataset:
    """The published splits of a data set, as published: images are integers, not scaled.

    Attributes
    ----------
    name, train, validation, test
        `validation` is None where none is published.
    classes
        The name of each label; none where y is a number to be predicted.
    value_range
        The smallest and the largest value that x can have; None for columns each of its own kind.
    source, licence
        Where the data come from, and on what terms.
    stand_in
        The name of the data set in whose place these were made up, if they were.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split
    classes: tuple[str, ...]
    value_range: tuple[float, float] | None
    source: str
    licence: str
    stand_in: str | None = None

    def __repr__(self) -> str:
        sizes = f"{len(self.train):,} train"
        if self.validation is not None:
            sizes += f", {len(self.validation):,} validation"
        shape = " x ".join(map(str, np.shape(self.train.x)[1:]))
        targets = f"{len(self.classes)} classes" if self.classes else "a number to predict"
        return (
            f"Dataset({self.name}: {sizes}, {len(self.test):,} test, examples {shape}, {targets})"
        )
