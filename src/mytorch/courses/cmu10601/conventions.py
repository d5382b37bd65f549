"""cmu10601's own ways: biases in column 0, seeds taken from shapes and epochs, sums by example."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import ArgumentError
from ..profile import Contradiction, Profile, epoch_seeded

Array = NDArray[Any]

LETTERS = "aegilnortu"  # the labels 0 to 9
PIXELS = (16, 8)  # rows, columns


def random_init(shape: tuple[int, int]) -> Array:
    """Return w (out, 1 + in) ~ U(-0.1, 0.1), from the seed out (1 + in), the bias column included.

    Raises
    ------
    ArgumentError
        For 2^32 numbers or more.
    """
    # The stream of np.random.seed(rows * columns), without touching that of others.
    return np.random.RandomState(_size(shape)).uniform(-0.1, 0.1, shape)


def zero_init(shape: tuple[int, int]) -> Array:
    """Return w (out, 1 + in) of zeros.

    Raises
    ------
    ArgumentError
        For 2^32 numbers or more.
    """
    _size(shape)
    return np.zeros(shape)


def _size(shape: tuple[int, int]) -> int:
    rows, columns = shape
    if rows * columns >= 2**32:
        raise ArgumentError(
            f"{rows} x {columns} weights: there can be no more than 2**32 - 1, the largest seed of "
            "the course; use fewer hidden units"
        )
    return rows * columns


def _lines_written() -> Mapping[str, Any]:
    """Write the labels of three examples as the program does."""
    from .neuralnet import labels_as_text

    text = labels_as_text(np.array([1, 0, 2]))
    return {"text": text, "empty lines": text.splitlines().count("")}


PROFILE = Profile(
    name="cmu10601",
    title="optical character recognition with one hidden layer, in NumPy",
    programs=("neuralnet", "incorrect_finder", "visualizer"),
    loss="examples",
    gradient="nothing",  # a batch is one example
    bias="column 0",
    rows_are_inputs=False,
    initial=random_init,
    order=epoch_seeded,
    contradictions=(
        Contradiction(
            says="a label file has an empty line after each sequence",
            holds="an example is one image: one label a line and no empty line; a trailing one is "
            "ignored",
            shown=_lines_written,
        ),
    ),
)
