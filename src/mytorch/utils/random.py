"""One seed decides everything: it is split into one independent stream per purpose.

With a stream each, drawing one more number for dropout cannot change the order of the
batches, and two models of different size see the same batches.
"""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .errors import ArgumentError

Generator = np.random.Generator | np.random.RandomState


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


def generator_state(rng: Generator) -> dict[str, Any]:
    """Return a copy of a generator's state."""
    if isinstance(rng, np.random.RandomState):
        return copy.deepcopy(dict(rng.get_state(legacy=False)))
    return copy.deepcopy(dict(rng.bit_generator.state))


def set_generator_state(rng: Generator, state: Mapping[str, Any]) -> None:
    """Put a generator where one of the same kind was.

    Raises
    ------
    ArgumentError
        For the state of another kind of generator.
    """
    kind = generator_state(rng)["bit_generator"]
    if state["bit_generator"] != kind:
        raise ArgumentError(f"expected the state of a {kind}, got one of {state['bit_generator']}")
    if isinstance(rng, np.random.RandomState):
        rng.set_state(dict(state))
    else:
        rng.bit_generator.state = state


def generator(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a new generator in a state that `generator_state` returned of another."""
    rng = np.random.Generator(getattr(np.random, state["bit_generator"])())
    set_generator_state(rng, state)
    return rng
