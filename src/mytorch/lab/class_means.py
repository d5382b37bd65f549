"""Pictures against the mean pictures of their classes: what a mistake has to do with the data."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Mistake(NamedTuple):
    """An example that was labelled wrongly, and how its picture compares with both classes.

    Ink is the mean of the pixels, of the example and of all of a class; distances are Euclidean,
    to the mean picture of a class; `nearest` is the class with the nearest. What is said of the
    predicted class is None where the data have no example of it.
    """

    row: int
    true: str
    predicted: str
    ink: float
    ink_of_true: float
    ink_of_predicted: float | None
    distance_to_true: float
    distance_to_predicted: float | None
    nearest: str


class Survey(NamedTuple):
    """What can be said of all examples, and of the labels that they were given.

    Attributes
    ----------
    accuracy, nearest_mean_accuracy
        The share that got the right label, and that would if it were the nearest mean's.
    classes, used
        How many labels there are, and how many of them were given.
    wrong, wrong_but_alike
        How many got a wrong label, and how many of these are nearer to the mean of the class that
        they were taken for than to that of their own.
    within, between
        The mean distance of an example to the mean of its class, and of two such means.
    values
        How many different values the pixels have.
    """

    accuracy: float
    nearest_mean_accuracy: float
    classes: int
    used: int
    wrong: int
    wrong_but_alike: int
    within: float
    between: float
    values: int


def class_means(x: Array, labels: Array, classes: int) -> Array:
    """Return the mean of the examples x (N, D) of each class, (C, D); NaN where there are none."""
    sums = np.eye(classes)[:, labels] @ x  # (C, N) (N, D) -> (C, D)
    counts = np.bincount(labels, minlength=classes)[:, np.newaxis]
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def mistake(x: Array, row: tuple[int, int, int], means: Array, classes: Sequence[str]) -> Mistake:
    """Return how the picture x (D,) of a row (index, true label, predicted label) compares."""
    at, true, predicted = row
    distances = np.linalg.norm(means - x, axis=1)  # (C,)
    known = bool(np.isfinite(distances[predicted]))
    return Mistake(
        at,
        classes[true],
        classes[predicted],
        float(x.mean()),
        float(means[true].mean()),
        float(means[predicted].mean()) if known else None,
        float(distances[true]),
        float(distances[predicted]) if known else None,
        classes[int(np.nanargmin(distances))],
    )


def survey(x: Array, labels: Array, predicted: Array, means: Array) -> Survey:
    """Return what can be said of the examples x (N, D), their labels (N,) and those given (N,)."""
    # |x - m|^2 = |x|^2 - 2 x m + |m|^2: (N, 1) - (N, D) (D, C) + (C,) -> (N, C)
    lengths = np.einsum("nd,nd->n", x, x)[:, np.newaxis]
    squares = lengths - 2 * x @ means.T + np.einsum("cd,cd->c", means, means)
    distances = np.sqrt(np.maximum(squares, 0))
    rows = np.arange(len(x))
    own, given = distances[rows, labels], distances[rows, predicted]
    there = means[np.isfinite(means).all(axis=1)]
    apart = np.linalg.norm(there[:, np.newaxis] - there, axis=2)  # (C, C)
    pairs = len(there) * (len(there) - 1)
    wrong = predicted != labels
    return Survey(
        accuracy=float(np.mean(~wrong)),
        nearest_mean_accuracy=float(np.mean(np.nanargmin(distances, axis=1) == labels)),
        classes=len(means),
        used=len(np.unique(predicted)),
        wrong=int(wrong.sum()),
        wrong_but_alike=int((wrong & (given < own)).sum()),
        within=float(own.mean()),
        between=float(apart.sum() / max(pairs, 1)),
        values=len(np.unique(x)),
    )
