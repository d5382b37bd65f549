"""The dense networks of the courses; `on_backend` gives PyTorch's twin."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from ..nn import Linear, Module, ReLU, Sequential


def dense(
    sizes: Sequence[int],
    rng: np.random.Generator | None,
    *,
    activation: type[Module] = ReLU,
    init: str = "xavier_normal",
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Return dense layers of these sizes, the inputs' first, with an activation between them."""
    layers: list[Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Linear(inputs, outputs, init=init, dtype=dtype, rng=rng), activation()]
    return Sequential(layers[:-1])
