"""One seed decides everything: it is split into one independent stream per purpose.

With a stream each, drawing one more number for dropout cannot change the order of the
batches, and two models of different size see the same batches.
"""

from typing import NamedTuple

import numpy as np

from .errors import ArgumentError


class Streams(NamedTuple):
    """Independent generators, one per purpose."""

    init: np.random.Generator
    order: np.random.Generator
    dropout: np.random.Generator
    data: np.random.Generator


def streams(seed: int) -> Streams:
    """Split `seed` into independent streams (numpy.random.SeedSequence.spawn).

    Raises
    ------
    ArgumentError
        When the seed is negative.
    """
    if seed < 0:
        raise ArgumentError(f"seed must be 0 or larger, got {seed}")
    children = np.random.SeedSequence(seed).spawn(len(Streams._fields))
    return Streams(*(np.random.default_rng(child) for child in children))
