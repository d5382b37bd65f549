"""Random forwards made repeatable, so that every evaluation sees the same dropout masks."""

import pickle
import random
from typing import Any

import numpy as np

from ..copying import contents


class FrozenRandomness:
    """The state of every generator that a model can draw from, to go back to.

    Those are the generators it holds, and the global ones of NumPy and Python. A forward that
    draws nothing costs nothing: the states are put back only once `notice` has seen one move.
    """

    def __init__(self, *roots: object) -> None:
        held = [item for root in roots for item in contents(root)]
        self._generators = [
            item
            for item in held
            if isinstance(item, np.random.Generator | np.random.RandomState | random.Random)
        ]
        self._states = [_get_state(generator) for generator in self._generators]
        # A student's dropout may use the global stream; the check must not move it.
        self._global = (np.random.get_state(), random.getstate())  # noqa: NPY002
        self.moves = False

    def notice(self) -> None:
        """See whether any generator has moved since the states were taken."""
        now = (
            [_get_state(generator) for generator in self._generators],
            (np.random.get_state(), random.getstate()),  # noqa: NPY002
        )
        self.moves = self.moves or pickle.dumps(now) != pickle.dumps((self._states, self._global))

    def rewind(self) -> None:
        """Put every generator back, where any moves."""
        if self.moves:
            for generator, state in zip(self._generators, self._states, strict=True):
                _set_state(generator, state)
            np.random.set_state(self._global[0])  # noqa: NPY002
            random.setstate(self._global[1])


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
