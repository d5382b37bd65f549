"""Penalties: terms of the loss that keep weights small.

The loss that is minimized is L + P, L over the examples and P over the parameters:

    value = loss.forward(model.forward(x), y) + penalty.value(model)
    model.backward(loss.backward())
    optimizer.step(penalty.add_to(model.get_gradients(), model))
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import TypeAlias

import numpy as np

from ..utils.errors import ArgumentError, ShapeError
from .module import Array, Module

Selection: TypeAlias = str | Iterable[str] | Callable[[str], bool]


class Penalty:
    """A function P of the parameters of a model, added to its loss.

    Parameters
    ----------
    strength
        The factor, 0 or larger.
    on
        Which parameters, by name: the end of their names (whole parts between the dots), several
        of them, or a function of the name. By default those called `weight`, and no biases.

    Raises
    ------
    ArgumentError
        For a strength below 0, an `on` that is none of these, or a model in which nothing is
        named so.
    """

    def __init__(self, strength: float, on: Selection = "weight") -> None:
        name = type(self).__name__
        if not 0 <= strength < inf:
            raise ArgumentError(
                f"{name}: strength must be a finite number 0 or larger, got {strength}"
            )
        self.strength = float(strength)  # a Python number leaves float32 arithmetic in float32
        self.on = on if callable(on) else (on,) if isinstance(on, str) else tuple(on)
        if not callable(self.on) and ("" in self.on or not self.on):
            raise ArgumentError(f"{name}: on names no parameters, got {on!r}")

    def value(self, model: Module) -> float:
        """Return P, summed in float64."""
        selected = (p for _, p, chosen in self._named(model) if chosen)
        return self.strength * sum(self._sum(p) for p in selected)

    def add_to(self, gradients: Sequence[Array], model: Module) -> list[Array]:
        """Return dL/dp + dP/dp from dL/dp, in the order of `model.get_parameters()`.

        Penalized parameters get a new array; the gradients of the others are returned as they are.

        Raises
        ------
        ShapeError
            For gradients that do not match the parameters.
        """
        named = self._named(model)
        if [np.shape(g) for g in gradients] != [p.shape for _, p, _ in named]:
            raise ShapeError(
                f"{self!r}: gradients have shapes {[np.shape(g) for g in gradients]}, "
                f"the parameters {[p.shape for _, p, _ in named]}; pass model.get_gradients()"
            )
        return [
            g + self.strength * self._slope(p) if chosen else g
            for g, (_, p, chosen) in zip(gradients, named, strict=True)
        ]

    def _named(self, model: Module) -> list[tuple[str, Array, bool]]:
        """Return (name, parameter, whether it is penalized) for each parameter."""
        named = [(name, p, self._selects(name)) for name, p in model.named_parameters()]
        if not any(chosen for _, _, chosen in named):
            names = ", ".join(name for name, _, _ in named) or "none"
            raise ArgumentError(f"{self!r}: selects no parameter of the model; there are: {names}")
        return named

    def _selects(self, name: str) -> bool:
        if callable(self.on):
            return bool(self.on(name))
        return any(f".{name}".endswith(f".{ending}") for ending in self.on)

    def _sum(self, p: Array) -> float:
        """Return P over one parameter, for a strength of 1."""
        raise NotImplementedError(f"{type(self).__name__} does not define _sum(p)")

    def _slope(self, p: Array) -> Array:
        """Return dP/dp, for a strength of 1, in the dtype of p."""
        raise NotImplementedError(f"{type(self).__name__} does not define _slope(p)")

    def __repr__(self) -> str:
        on = getattr(self.on, "__name__", self.on) if callable(self.on) else " or ".join(self.on)
        return f"{type(self).__name__}({self.strength:g}, on={on})"


class L1Penalty(Penalty):
    """P = strength * sum |w|: pulls on every weight alike, however small it is.

    Gradient: dP/dw = strength * sign(w), and 0 at w = 0, where P has no derivative.

    Parameters and Raises: as `Penalty`.

    Reference: Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    """

    def _sum(self, p: Array) -> float:
        total: float = np.sum(p * np.sign(p.real), dtype=_wide(p)).item()
        return total

    def _slope(self, p: Array) -> Array:
        return np.sign(p.real)


class L2Penalty(Penalty):
    """P = strength / 2 * sum w^2: pulls on large weights most. Mind the half.

    Gradient: dP/dw = strength * w, so that for SGD it is the same as weight_decay = strength,
    on the penalized parameters. Where a course writes lambda * sum w^2, strength = 2 lambda.
    With Adam the two differ from AdamW's decay, which does not pass through the moments.

    Parameters and Raises: as `Penalty`.

    Reference: Krogh and Hertz 1992, "A simple weight decay can improve generalization".
    """

    def _sum(self, p: Array) -> float:
        total: float = np.sum(np.square(p, dtype=_wide(p))).item() / 2
        return total

    def _slope(self, p: Array) -> Array:
        return p


def _wide(p: Array) -> np.dtype[np.generic]:
    """Return the dtype to add in: float64 or wider, complex for complex numbers."""
    return np.result_type(p.dtype, np.float64)
