"""What a classifier gets wrong, and how sure it is of it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CONFIDENT, UNCERTAIN = 0.9, 0.6  # above and below which the largest probability is called so
BLOCK = 250  # examples at a time, whose distances to 60,000 others fit in 60 MB


class Confusion(NamedTuple):
    """How many examples of a class were taken for another one."""

    true: int
    predicted: int
    times: int


def most_confused(counts: Array, pairs: int = 2) -> list[Confusion]:
    """Return the largest entries of a confusion matrix off its diagonal, the largest first.

    Two of them may be of the same two classes, the two ways round: there are as many as it takes
    to come from `pairs` different pairs of classes, if there are so many that are confused at all.
    """
    mistakes = np.array(counts)
    np.fill_diagonal(mistakes, 0)
    found: list[Confusion] = []
    for flat in np.argsort(-mistakes, axis=None, kind="stable"):
        true, predicted = (int(n) for n in np.unravel_index(flat, mistakes.shape))
        if not mistakes[true, predicted] or len({frozenset(c[:2]) for c in found}) == pairs:
            break
        found.append(Confusion(true, predicted, int(mistakes[true, predicted])))
    return found


def lowest_recall(counts: Array) -> int:
    """Return the class with the smallest share of its examples recognised, the first such one.

    Rows of the confusion matrix are the true classes; those without examples are left out.
    """
    examples = counts.sum(axis=1)
    recall = np.where(examples > 0, counts.diagonal() / np.maximum(examples, 1), np.inf)
    return int(np.argmin(recall))


class Quadrant(NamedTuple):
    """The row numbers of examples that are right or wrong, with or without confidence."""

    right: bool
    confident: bool
    rows: Array

    @property
    def name(self) -> str:
        """What it is called."""
        sure = "confident" if self.confident else "uncertain"
        return f"{sure} and {'right' if self.right else 'wrong'}"


def quadrants(probabilities: Array, truth: Array) -> list[Quadrant]:
    """Return the examples that are right and those that are wrong, confident or uncertain.

    The confidence is the largest probability of a row (N, C): above CONFIDENT or below UNCERTAIN;
    who is in between is in none of the four.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    sure = {True: confidence > CONFIDENT, False: confidence < UNCERTAIN}
    return [
        Quadrant(is_right, confident, np.flatnonzero(sure[confident] & (right == is_right)))
        for is_right in (True, False)
        for confident in (True, False)
    ]


def nearest(x: Array, others: Array) -> Array:
    """Return for each row of x (N, D) which row of `others` (M, D) is nearest to it: (N,).

    |x - o|^2 = |x|^2 - 2 x o + |o|^2, where the first is the same for all o.
    """
    squares = np.einsum("md,md->m", others, others)  # (M,)
    found = [
        (squares - 2 * (x[start : start + BLOCK] @ others.T)).argmin(axis=1)  # (BLOCK, M)
        for start in range(0, len(x), BLOCK)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)
