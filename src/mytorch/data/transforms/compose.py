"""Several transforms one after another, with the generator that they draw from."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Transform = Callable[[Array, np.random.Generator], Array]


class Compose:
    """x -> t_k(... t_1(x, rng) ..., rng)."""

    def __init__(self, *transforms: Transform, rng: np.random.Generator) -> None:
        self.transforms, self.rng = transforms, rng

    def __call__(self, x: Array) -> Array:
        """Return the images as the transforms leave them."""
        for transform in self.transforms:
            x = transform(x, self.rng)
        return x

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.transforms))})"
