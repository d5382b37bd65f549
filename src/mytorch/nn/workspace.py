"""Arrays that a training step may use again at the next step.

A step of a small network spends much of its time in asking for memory. While the modules are
lent their workspaces, they write into the arrays of the step before. Nobody outside sees those
change: `fit` lends them for one step and takes them back before it yields, and
`Module.get_gradients` hands out copies of what lies there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..utils.kernels import NUMPY, Kernels, sharing
from .module import Array, Module
from .modules.conv import Conv2d


class Workspaces:
    """The scratch arrays and the kernels of everything that takes part in a training step.

    Only the library's own classes, exactly, are lent any, and only where all participants are:
    a class of somebody else may keep an array that it is handed, and must not see it change.

    Attributes
    ----------
    ours
        Whether they all are.
    kernels
        The kernels in use: those given, or NumPy's.
    """

    def __init__(self, *participants: Any, kernels: Kernels = NUMPY) -> None:
        parts = [part for participant in participants for part in _parts(participant)]
        self.ours = all(map(is_ours, parts))
        convolutional = any(isinstance(part, Conv2d) for part in parts)
        self.kernels = NUMPY
        if self.ours:
            self.kernels = sharing(kernels) if convolutional else kernels
        self._arrays: list[tuple[Any, dict[Any, Array]]] = [(part, {}) for part in parts]
        self._batch: dict[Any, Array] = {}

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let the participants use their workspaces until the end of the block."""
        if not self.ours:
            yield
            return
        before = [(part, part._workspace, part._kernels) for part, _ in self._arrays]
        for part, arrays in self._arrays:
            part._workspace, part._kernels = arrays, self.kernels
        try:
            with self.kernels.held():
                yield
        finally:
            for part, workspace, kernels in before:
                part._workspace, part._kernels = workspace, kernels

    def take(self, name: str, x: Array, rows: Array) -> Array:
        """Return the rows of x with these numbers, known to be in range.

        Where workspaces are lent, they stand in the array that the same call used before.
        """
        if not self.ours:
            return x[rows]
        key = name, len(rows), x.shape[1:], x.dtype
        out = self._batch.get(key)
        if out is None:
            out = self._batch[key] = np.empty((len(rows), *x.shape[1:]), x.dtype)
        return x.take(rows, axis=0, out=out, mode="clip")  # "raise" would go through a buffer


def _parts(participant: Any) -> Iterator[Any]:
    """A participant and all modules below it, those that are not a Module too."""
    yield participant
    if isinstance(participant, Module):
        for _, child in participant.named_children():
            yield from _parts(child)


def is_ours(part: Any) -> bool:
    """Tell whether its class is the library's own, exactly."""
    return type(part).__module__.startswith(f"{__package__}.")
