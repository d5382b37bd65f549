"""cs4152's own ways: sigmoids without biases, weights (in, out) ~ U(-1, 1), a list as seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..profile import Profile

Array = NDArray[Any]

SEED = 42
RATE = 0.5


def stream(seed: int = SEED) -> np.random.RandomState:
    """Return the stream of `np.random.seed([seed])`: a list, whose stream is not that of 42."""
    return np.random.RandomState([seed])


def uniform_init(shape: tuple[int, ...], rng: np.random.RandomState | None = None) -> Array:
    """Return 2 random(shape) - 1, W ~ U(-1, 1), drawn from `rng` or anew from the course's seed."""
    return 2 * (rng or stream()).random_sample(shape) - 1


PROFILE = Profile(
    name="cs4152",
    title="a neuron and a perceptron, two layers for a logic function, digits, in NumPy",
    programs=("perceptron", "logic", "digits"),
    loss="examples",
    gradient="nothing",  # a batch is one example; the error is (y - o)^2 / 2
    bias="none",
    rows_are_inputs=True,
    initial=uniform_init,
)
