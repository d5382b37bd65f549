"""What a course does its own way, declared: its profile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Contradiction(NamedTuple):
    """A sentence of a course's text that does not hold, and what holds instead.

    `shown` computes it: it returns what comes out, by name. No submission is marked wrong for
    following either.
    """

    says: str
    holds: str
    shown: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Profile:
    """The conventions of a course.

    Attributes
    ----------
    name, title
        `cmu10601`, and what the assignment is about.
    programs
        The files of the course's package that can be run, without `.py`.
    loss
        What the loss that is reported is divided by: "examples", "classes", or "nothing".
    gradient
        What the gradients are divided by: "examples", or "nothing" for a sum.
    other_losses, other_gradients
        Further values of `loss` and `gradient` that are never held against a submission.
    relu_slope_at_zero
        ReLU'(0).
    order
        The rows in the order of an epoch (counted from 0), of n; None where they come as they are.
    initial
        The initial draws of weights of a shape (in this course's layout), from the course's seed;
        where a network's layers share one stream, a second argument is that stream.
    bias
        How biases are kept: "column 0" of the weights, a "row" (1, out), a "vector" (out,), or
        "none".
    rows_are_inputs
        Whether weights are (in, out), and not (out, in).
    contradictions
        Sentences of the course's text that do not hold.
    """

    name: str
    title: str
    programs: tuple[str, ...]
    loss: str
    gradient: str
    bias: str
    rows_are_inputs: bool
    initial: Callable[..., Array]
    order: Callable[[int, int], Array] | None = None
    other_losses: tuple[str, ...] = ()
    other_gradients: tuple[str, ...] = ()
    relu_slope_at_zero: float = 0.0
    contradictions: tuple[Contradiction, ...] = field(default=())


def epoch_seeded(epoch: int, n: int) -> Array:
    """Return what `np.random.seed(epoch); np.random.permutation(n)` gives, the stream untouched."""
    return np.random.RandomState(epoch).permutation(n)
