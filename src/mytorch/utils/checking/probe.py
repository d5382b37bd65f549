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
    arrays
        The copy's live arrays, the parameters and then the input: change an entry, and `value`
        sees it.
    parameters
        How many of them are parameters.
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
        parameters = _live_parameters(self.model)
        self.parameters = len(parameters)
        self.arrays = [*parameters, x.astype(dtype)]
        self._random = FrozenRandomness(self.model)
        self._works_in_place = False
        output = self._first_output()
        if output.dtype.kind not in "fc" or not np.all(np.isfinite(output)):
            what = "nothing" if output.dtype == object else "numbers that are not finite"
            what = what if output.dtype.kind in "fcO" else f"dtype {output.dtype}"
            raise ArgumentError(
                f"gradient check: {type(model).__name__}.forward gives {what}, "
                "expected an array of finite floating numbers"
            )
        self.objective = objective(output)
        if not self._repeats():
            raise ArgumentError(
                f"gradient check: {type(model).__name__}.forward gives different outputs for the "
                "same input; keep its random generator as an attribute, for the check to rewind"
            )

    @property
    def x(self) -> Array:
        """The input."""
        return self.arrays[-1]

    def output(self) -> Array:
        """Run forward, with the same random draws each time."""
        self._random.rewind()
        return np.asarray(self.model.forward(self.x.copy() if self._works_in_place else self.x))

    def value(self) -> Any:
        """Return L at the present values."""
        return self.objective.value(self.output())

    def gradients(self) -> list[Array | str]:
        """Return the gradient of each array as backward has it, or why there is none to compare."""
        output = self.output()
        kept = [array.copy() for array in self.arrays]
        grad_input = self.model.backward(self.objective.gradient(output))
        own: list[Any] = []
        if self.parameters:
            try:
                own = list(self.model.get_gradients())
            except NotImplementedError:  # the base class's: a layer half written
                own = [None] * self.parameters
        given = [*own, *[None] * (self.parameters - len(own))][: self.parameters]
        found = [_comparable(g, a) for g, a in zip([*given, grad_input], self.arrays, strict=True)]
        for array, before in zip(self.arrays, kept, strict=True):
            array[...] = before  # some backwards update the parameters themselves
        if len(own) > self.parameters:
            fault = f"get_gradients() gave {len(own)} arrays for {self.parameters} parameters"
            found[:-1] = [fault] * self.parameters
        return found

    def _first_output(self) -> Array:
        before = self.x.copy()
        output = self.output()
        self._random.notice()
        if not np.array_equal(before, self.x, equal_nan=True):
            self._works_in_place, self.arrays[-1] = True, before
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


def _comparable(grad: Any, array: Array) -> Array | str:
    """Return a copy of a gradient in the shape of its array, or why it cannot be compared."""
    if grad is None:
        return "backward gave no gradient"
    grad = np.array(grad)  # a copy: some models write the next gradient into the same array
    if grad.dtype.kind not in "fiu":
        return f"the gradient has dtype {grad.dtype}"
    if _squeezed(grad.shape) != _squeezed(array.shape):
        return f"the gradient has shape {grad.shape}, expected {array.shape}"
    if not np.all(np.isfinite(grad)):
        return "the gradient is not finite"
    return grad.reshape(array.shape).astype(array.dtype)


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape without its ones: (1, H) serves as the gradient of (H,)."""
    return tuple(size for size in shape if size != 1)
