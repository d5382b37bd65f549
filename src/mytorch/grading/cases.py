"""What to check a module with: how it is built, and what goes in.

The name of a class says which of ours it is to be; it is built with the same positional
arguments as ours.
"""

from typing import Any, NamedTuple

import numpy as np

from ..utils.errors import ArgumentError


class Case(NamedTuple):
    """Constructor arguments, the input's shape, and for a loss the number of classes."""

    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    classes: int | None = None


CASES = {
    "Linear": Case((4, 3), (5, 4)),
    "ReLU": Case((), (5, 4)),
    "Sigmoid": Case((), (5, 4)),
    "Tanh": Case((), (5, 4)),
    "SoftmaxCrossEntropy": Case((), (5, 3), classes=3),
}
ALIASES = {
    "CrossEntropyLoss": "SoftmaxCrossEntropy",
    "SoftMaxCrossEntropy": "SoftmaxCrossEntropy",
    "SoftmaxCrossEntropyLoss": "SoftmaxCrossEntropy",
}


def case_for(name: str, reference: str | None = None) -> Case:
    """Return the case for a class of this name, or of the name it is to be checked as.

    A class that no reference has the name of is built without arguments and given rows of four
    numbers.

    Raises
    ------
    ArgumentError
        For a reference that there is not.
    """
    wanted = reference or name
    wanted = ALIASES.get(wanted, wanted)
    if reference is not None and wanted not in CASES:
        raise ArgumentError(f"--as {reference}: no such reference; there are: {', '.join(CASES)}")
    return CASES.get(wanted, Case((), (5, 4)))


def draw(case: Case, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Return a random input, and labels for a loss."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(case.shape)
    labels = None if case.classes is None else rng.integers(0, case.classes, case.shape[0])
    return x, labels
