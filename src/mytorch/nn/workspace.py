"""Arrays that a training step may use again at the next step.

A step of a small network spends much of its time in asking for memory. While the modules are
lent their workspaces, they write into the arrays of the step before. Nobody outside sees those
change: `fit` lends them for one step and takes them back before it yields, and
`Module.get_gradients` hands out copies of what lies there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .module import Array, Module


class Workspaces:
    """The scratch arrays of everything that takes part in a training step.

    Only the library's own classes, exactly, are lent any, and only where all participants are:
    a class of somebody else may keep an array that it is handed, and must not see it change.
    """

    def __init__(self, *participants: Any) -> None:
        self._arrays: list[tuple[Module, dict[Any, Array]]] = []
        if all(_is_ours(part) for participant in participants for part in _parts(participant)):
            modules = (part for participant in participants for part in _parts(participant))
            self._arrays = [(part, {}) for part in modules if isinstance(part, Module)]

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let the modules write into their workspaces until the end of the block."""
        for module, arrays in self._arrays:
            module._workspace = arrays
        try:
            yield
        finally:
            for module, _ in self._arrays:
                module._workspace = None


def _parts(participant: Any) -> Iterator[Any]:
    """A participant and all modules below it, those that are not a Module too."""
    yield participant
    if isinstance(participant, Module):
        for _, child in participant.named_children():
            yield from _parts(child)


def _is_ours(part: Any) -> bool:
    return type(part).__module__.startswith(__name__.rpartition(".")[0] + ".")
