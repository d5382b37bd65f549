"""What to check a module with: how it is built, and what goes in.

The name of a class says which of ours it is to be; it is built with the same positional
arguments as ours.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ArgumentError

Array = NDArray[Any]


def labels(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw a class (N,) for every row of scores (N, C)."""
    return rng.integers(0, shape[-1], shape[0])


def bits(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw 0.0 or 1.0 for every score."""
    return rng.integers(0, 2, shape).astype(np.float64)


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw a number for every prediction."""
    return rng.standard_normal(shape)


class Case(NamedTuple):
    """Constructor arguments, the input's shape, and for a loss how its targets are drawn."""

    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    targets: Callable[[np.random.Generator, tuple[int, ...]], Array] | None = None


CASES = {
    "Linear": Case((4, 3), (5, 4)),
    "Identity": Case((), (5, 4)),
    "ReLU": Case((), (5, 4)),
    "LeakyReLU": Case((), (5, 4)),
    "ELU": Case((), (5, 4)),
    "Sigmoid": Case((), (5, 4)),
    "Tanh": Case((), (5, 4)),
    "Softplus": Case((), (5, 4)),
    "SiLU": Case((), (5, 4)),
    "GELU": Case((), (5, 4)),
    "Softmax": Case((), (5, 4)),
    "LogSoftmax": Case((), (5, 4)),
    "MaxOut": Case((2,), (5, 4)),
    "Dropout": Case((0.5,), (5, 4)),
    "Conv2d": Case((2, 3, 3), (2, 2, 5, 4)),
    "MaxPool2d": Case((2,), (2, 2, 5, 4)),
    "AvgPool2d": Case((2,), (2, 2, 5, 4)),
    "AdaptiveAvgPool2d": Case((2,), (2, 2, 5, 4)),
    "BatchNorm2d": Case((2,), (3, 2, 4, 3)),
    "Dropout2d": Case((0.5,), (3, 4, 2, 2)),
    "Flatten": Case((), (5, 2, 3)),
    "BatchNorm1d": Case((4,), (5, 4)),
    "LayerNorm": Case((4,), (5, 4)),
    "SoftmaxCrossEntropy": Case((), (5, 3), labels),
    "NLLLoss": Case((), (5, 3), labels),
    "BCEWithLogitsLoss": Case((), (5, 3), bits),
    "MSELoss": Case((), (5, 3), numbers),
    "L1Loss": Case((), (5, 3), numbers),
    "HuberLoss": Case((), (5, 3), numbers),
}
ALIASES = {
    "CrossEntropyLoss": "SoftmaxCrossEntropy",
    "SoftMaxCrossEntropy": "SoftmaxCrossEntropy",
    "SoftmaxCrossEntropyLoss": "SoftmaxCrossEntropy",
    "MSE": "MSELoss",
    "Swish": "SiLU",
    "Maxout": "MaxOut",
    "BatchNorm": "BatchNorm1d",
    "Conv": "Conv2d",
    "Convolution": "Conv2d",
    "MaxPool": "MaxPool2d",
    "AvgPool": "AvgPool2d",
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


def draw(case: Case, seed: int) -> tuple[Array, Array | None]:
    """Return a random input, and targets for a loss."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(case.shape)
    return x, None if case.targets is None else case.targets(rng, case.shape)
