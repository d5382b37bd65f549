"""Softmax, and its logarithm: functions of a whole row."""

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ShapeError
from ...utils.kernels.softmax import log_softmax
from ..checks import floating, output_gradient
from ..module import Array, Module
from ..options import whole, with_options


class LogSoftmax(Module):
    """y = log softmax(x) = x - log sum exp(x), the sum along the axis `dim`.

    Shapes: any, `dim` an axis of it; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = g - exp(y) sum g.

    Raises
    ------
    ShapeError
        For an input that has no axis `dim`, or nothing along it.
    """

    parameter_names = ()

    def __init__(self, dim: int = -1) -> None:
        self.dim = whole(self, "dim", dim)

    def forward(self, x: ArrayLike) -> Array:
        """Return log softmax(x)."""
        y = log_softmax(_along(self, x, self.dim), self.dim)
        self._save(y)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g - exp(y) sum g."""
        (y,) = self._saved()
        g = output_gradient(self, grad_output, y.shape, y.dtype)
        return g - np.exp(y) * g.sum(axis=self.dim, keepdims=True)

    def __repr__(self) -> str:
        return with_options(self)


class Softmax(Module):
    """y = exp(x) / sum exp(x), the sum along the axis `dim`.

    Shapes: any, `dim` an axis of it; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = y (g - sum g y).

    To train a classifier, leave it out and give the scores to `SoftmaxCrossEntropy`, which takes
    softmax and logarithm together.

    Raises
    ------
    ShapeError
        For an input that has no axis `dim`, or nothing along it.

    Reference: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs".
    """

    parameter_names = ()

    def __init__(self, dim: int = -1) -> None:
        self.dim = whole(self, "dim", dim)

    def forward(self, x: ArrayLike) -> Array:
        """Return softmax(x)."""
        y = _along(self, x, self.dim)
        y = np.exp(y - y.real.max(axis=self.dim, keepdims=True))  # below 1: nothing overflows
        y /= y.sum(axis=self.dim, keepdims=True)
        self._save(y)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = y (g - sum g y)."""
        (y,) = self._saved()
        g = output_gradient(self, grad_output, y.shape, y.dtype)
        return y * (g - np.sum(g * y, axis=self.dim, keepdims=True))

    def __repr__(self) -> str:
        return with_options(self)


def _along(module: object, x: ArrayLike, dim: int) -> Array:
    """Return x as a floating array that has something along the axis `dim`."""
    x = floating(module, x)
    if not -x.ndim <= dim < x.ndim or x.shape[dim] == 0:
        raise ShapeError(f"{module!r}: input has nothing along axis {dim} (got shape {x.shape})")
    return x
