"""Data sets of classes, as the experiments take them, and whether the classes are balanced."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, load
from ..data.splits import cut
from ..data.transforms import unit_range
from ..reporting.runs import Run
from ..utils.errors import ArgumentError

Array = NDArray[Any]

VALIDATION = 1 / 8  # of the training images, as in BloodMNIST, where no validation is published
# A class with more than half as many images again as another one outweighs it in the loss.
IMBALANCED = 1.5


def load_classes(experiment: str, name: str, *, images: bool = False) -> Dataset:
    """Return a data set by name, if it has one label for each example.

    Raises
    ------
    ArgumentError
        Where it has not; with `images`, also where its examples are no grey or coloured images.
    DataError
        For a set that there is not, or whose files are not here.
    """
    data = load(name)
    if not data.classes or data.train.y.ndim > 1:
        raise ArgumentError(f"{experiment} is about classes, and {name} has none; try digits")
    shape = data.train.x.shape[1:]
    if images and (len(shape) != 3 or shape[0] not in (1, 3)):
        raise ArgumentError(
            f"{experiment} is about images, and an example of {name} has the shape {shape}; "
            "try digits"
        )
    return data


def mark_stand_in(run: Run, data: Dataset) -> None:
    """Mark all that a run writes, if its data were made up."""
    if data.stand_in is not None:
        run.stand_in(
            f"{data.name} is {data.source}, in place of {data.stand_in}: what is said here holds "
            f"for the drawings, and not for {data.stand_in}."
        )


def with_validation(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Return a data set that has a validation split: its own, or an eighth of the training one."""
    if data.validation is not None:
        return data
    train, validation = cut(data.train, VALIDATION, rng)
    return dataclasses.replace(data, train=train, validation=validation)


def visible(data: Dataset, images: Array) -> Array:
    """Return images of a data set as numbers from 0 to 1, to be drawn."""
    limits = data.value_range or (float(data.train.x.min()), float(data.train.x.max()))
    return unit_range(images, limits).clip(0, 1)


class Balance(NamedTuple):
    """Whether classes are balanced, in a sentence; `ratio` is the largest to the smallest one."""

    balanced: bool
    ratio: float | None
    sentence: str


def balance(counts: Sequence[int], classes: Sequence[str]) -> Balance:
    """Judge how many training examples each class has."""
    most, least = int(np.argmax(counts)), int(np.argmin(counts))
    largest, smallest = int(counts[most]), int(counts[least])
    if not smallest:
        return Balance(False, None, f"Imbalanced: {classes[least]} has no training examples.")
    ratio = largest / smallest
    verdict = "Balanced" if ratio <= IMBALANCED else "Imbalanced"
    where = "not above" if ratio <= IMBALANCED else "above"
    return Balance(
        ratio <= IMBALANCED,
        ratio,
        f"{verdict}: {classes[most]} has {largest:,} training examples and {classes[least]} "
        f"{smallest:,}, a ratio of {ratio:.2f}, which is {where} {IMBALANCED:g}.",
    )
