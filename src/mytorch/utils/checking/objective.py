"""The number L that a gradient check differentiates, from a model's output.

An upstream gradient of ones would pass a batch norm that lost its variance term and a softmax
whose backward returns zeros (both have outputs whose sum is constant), so where there is no
target the output is projected on random numbers.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..copying import copy_as
from ..errors import ArgumentError, ShapeError
from ..kernels.softmax import log_softmax

Array = NDArray[Any]


class Objective(Protocol):
    """L(output) and its derivative.

    L and its derivative can be small differences of numbers that are not: `value_scale` and
    `gradient_scale` say how large those are, for their rounding is that of the difference.
    """

    value_scale: float
    gradient_scale: float

    def value(self, output: Array) -> Any:
        """Return L, complex where the output is."""

    def gradient(self, output: Array) -> Array:
        """Return dL/d(output)."""

    def astype(self, dtype: DTypeLike) -> "Objective":
        """Return the same objective for outputs of another precision."""


class MeanCrossEntropy:
    """L = -1/N sum y log softmax(output), for integer labels or rows of probabilities."""

    def __init__(self, y: ArrayLike, output: Array) -> None:
        labels = np.asarray(y)
        if output.ndim != 2:
            raise ShapeError(
                f"gradient check: the model's output has shape {output.shape}; softmax "
                "cross-entropy needs (N, C). Pass loss=, or no y at all"
            )
        n, classes = output.shape
        self.value_scale, self.gradient_scale = 1.0, 1 / n  # log of a sum near 1; (p - y) / N
        if labels.shape == (n,) and labels.dtype.kind in "iu":
            if labels.min() < 0 or labels.max() >= classes:
                raise ArgumentError(
                    f"gradient check: labels go from {labels.min()} to {labels.max()}, "
                    f"the model has outputs 0..{classes - 1}"
                )
            self._y = np.eye(classes)[labels]
        elif labels.shape == (n, classes):
            self._y = labels.astype(np.float64)
        else:
            raise ShapeError(
                f"gradient check: y has shape {labels.shape} and dtype {labels.dtype}, expected "
                f"({n},) integer labels or {output.shape} rows of probabilities"
            )

    def value(self, output: Array) -> Any:
        """Return the mean cross-entropy."""
        return -(self._y * log_softmax(output)).sum() / len(self._y)

    def gradient(self, output: Array) -> Array:
        """Return (p - y) / N."""
        p = np.exp(log_softmax(output))
        return (p * self._y.sum(axis=1, keepdims=True) - self._y) / len(self._y)

    def astype(self, dtype: DTypeLike) -> "MeanCrossEntropy":
        """Return itself: the targets are numbers, not variables."""
        return self


class Projection:
    """L = sum G * output, with G drawn once from N(0, 1): a random upstream gradient."""

    def __init__(self, output: Array, rng: np.random.Generator) -> None:
        self._g = rng.standard_normal(output.shape)
        self.value_scale = float(np.abs(self._g * output).max(initial=0.0))
        self.gradient_scale = float(np.abs(self._g).max(initial=0.0))

    def value(self, output: Array) -> Any:
        """Return sum G * output."""
        return (self._g * output).sum()

    def gradient(self, output: Array) -> Array:
        """Return G."""
        return self._g.copy()

    def astype(self, dtype: DTypeLike) -> "Projection":
        """Return itself: G is a constant."""
        return self


class GivenLoss:
    """L = loss.forward(output, y) and loss.backward(), of anybody's loss: checked along."""

    def __init__(self, loss: Any, y: Any, output: Array, dtype: DTypeLike = np.float64) -> None:
        self._original, self._y, self._output = loss, y, output
        self._loss = copy_as(loss, dtype)
        # Those of a mean over the examples; anybody's loss may be another, but rarely a larger one.
        self.value_scale, self.gradient_scale = 1.0, 1 / len(output) if output.ndim else 1.0

    def value(self, output: Array) -> Any:
        """Return the loss."""
        return self._loss.forward(output, self._y)

    def gradient(self, output: Array) -> Array:
        """Return what the loss says its gradient is."""
        self._loss.forward(output, self._y)
        return np.array(self._loss.backward())

    def astype(self, dtype: DTypeLike) -> "GivenLoss":
        """Return the same loss with its arrays in another precision."""
        return GivenLoss(self._original, self._y, self._output, dtype)
