"""A model, its input and its objective as one function of numbers that can be moved."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..copying import copy_as
from ..errors import ArgumentError
from .objective import Objective
from .randomness import FrozenRandomness

Array = NDArray[Any]


class Probe:
    """L as a function of every parameter and of the input, on a copy of the model.

    Needs of the model only forward, backward, get_parameters and get_gradients; without the
    last two, only the input is differentiated.

    Attributes
    ----------
    parameters
        The copy's live arrays: change an entry, and `value` sees it.
    x
        The input, likewise.
    """

    def __init__(
        self, model: Any, x: Array, objective: Callable[[Array], Objective], dtype: DTypeLike
    ) -> None:
        try:
            self.model = copy_as(model, dtype)
        except (TypeError, AttributeError, RecursionError) as error:
            raise ArgumentError(
                f"gradient check: {type(model).__name__} cannot be copied ({error}); "
                "keep files, locks and generators of your own out of its attributes"
            ) from error
        self.x = x.astype(dtype)
        self.parameters = _live_parameters(self.model)
        self._random = FrozenRandomness(self.model)
        self._protect_x = False
        output = self._first_output()
        self.objective = objective(output)
        if not self._repeats():
            raise ArgumentError(
                f"gradient check: {type(model).__name__}.forward gives different outputs for the "
                "same input; keep its random generator as an attribute, for the check to rewind"
            )

    def output(self) -> Array:
        """Run forward, with the same random draws each time."""
        self._random.rewind()
        return np.asarray(self.model.forward(self.x.copy() if self._protect_x else self.x))

    def value(self) -> Any:
        """Return L at the present values."""
        return self.objective.value(self.output())

    def gradients(self) -> tuple[list[Any], Any]:
        """Return what backward says: the parameters' gradients, and the input's."""
        output = self.output()
        grad_input = self.model.backward(self.objective.gradient(output))
        own = self.model.get_gradients() if self.parameters else []
        # Copies: some models write the next gradient into the same arrays.
        grads = [None if grad is None else np.array(grad) for grad in own]
        return grads, None if grad_input is None else np.array(grad_input)

    def release(self) -> None:
        """Put the global generators back to where they were before the check."""
        self._random.rewind()

    def _first_output(self) -> Array:
        before = self.x.copy()
        output = self.output()
        self._random.notice()
        if not np.array_equal(before, self.x, equal_nan=True):  # forward works in place
            self._protect_x, self.x = True, before
            output = self.output()
        return output

    def _repeats(self) -> bool:
        first, second = self.output(), self.output()
        return np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")


def _live_parameters(model: Any) -> list[Array]:
    if not hasattr(model, "get_parameters"):
        return []
    try:
        parameters = list(model.get_parameters())
    except NotImplementedError:  # the base class's: a layer half written, or without parameters
        return []
    for position, (p, again) in enumerate(zip(parameters, model.get_parameters(), strict=True)):
        name = f"gradient check: {type(model).__name__}.get_parameters()[{position}]"
        if not isinstance(p, np.ndarray) or p.dtype.kind not in "fc":
            kind = f"dtype {p.dtype}" if isinstance(p, np.ndarray) else type(p).__name__
            raise ArgumentError(f"{name} is a {kind}, expected an array of floating numbers")
        if p.size and not np.shares_memory(p, again):
            raise ArgumentError(
                f"{name} is a copy; return the array itself, or no optimizer can update it"
            )
    return parameters
