"""Random forwards made repeatable, so that every evaluation sees the same dropout masks."""

import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..copying import contents


@contextmanager
def untouched_global_streams() -> Iterator[None]:
    """Put the global streams of NumPy and Python back at the end of the block."""
    state = _global_state()
    try:
        yield
    finally:
        _set_global_state(state)


class FrozenRandomness:
    """The state of every generator that a model can draw from, to go back to.

    Those are the generators it holds, and the global ones of NumPy and Python. A forward that
    draws nothing costs nothing: the states are put back only once `notice` has seen one move.
    """

    def __init__(self, *roots: object) -> None:
        self._generators = [
            item
            for root in roots
            for item in contents(root)
            if isinstance(item, np.random.Generator | np.random.RandomState | random.Random)
        ]
        self._start = self._now()
        self.moves = False

    def notice(self) -> None:
        """See whether any generator has moved since the states were taken."""
        self.moves = self.moves or pickle.dumps(self._now()) != pickle.dumps(self._start)

    def rewind(self) -> None:
        """Put every generator back, where any moves."""
        if self.moves:
            states, global_state = self._start
            for generator, state in zip(self._generators, states, strict=True):
                _set_state(generator, state)
            _set_global_state(global_state)

    def _now(self) -> tuple[list[Any], Any]:
        return [_get_state(generator) for generator in self._generators], _global_state()


def _global_state() -> Any:
    # Somebody's dropout may draw from the global stream; the check must not move it.
    return np.random.get_state(), random.getstate()  # noqa: NPY002


def _set_global_state(state: Any) -> None:
    np.random.set_state(state[0])  # noqa: NPY002
    random.setstate(state[1])


def _get_state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.getstate() if isinstance(generator, random.Random) else generator.get_state()


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, random.Random):
        generator.setstate(state)
    else:
        generator.set_state(state)
