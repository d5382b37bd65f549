"""Activations: functions applied to every element alone.

For complex input, as a complex-step derivative feeds it, every decision looks at the real part
and everything else is analytic.
"""

import numpy as np
from numpy.typing import ArrayLike

from ..checks import floating, output_gradient
from ..module import Array, Module


class ReLU(Module):
    """y = max(0, x).

    Shapes: any; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = g where x > 0, else 0 (0 at x = 0 too).

    Reference: Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann
    machines".
    """

    parameter_names = ()

    def forward(self, x: ArrayLike) -> Array:
        """Return max(0, x)."""
        x = floating(self, x)
        positive = np.greater(x.real, 0, out=self._empty("positive", x.shape, bool))
        self._save(positive, x.dtype)
        y = self._empty("y", x.shape, x.dtype)
        if x.dtype.kind == "c":
            return np.multiply(x, positive, out=y)
        return np.maximum(x, 0, out=y)  # unlike the product, right for -inf

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g [x > 0]."""
        positive, dtype = self._saved()
        g = output_gradient(self, grad_output, positive.shape, dtype)
        return np.multiply(g, positive, out=self._empty("grad_input", g.shape, dtype))


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)).

    Shapes: any; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = g y (1 - y).

    Computed from e = exp(-|x|), which cannot overflow: y = 1 / (1 + e) for x >= 0 and
    e / (1 + e) for x < 0, to full relative precision on both sides.
    """

    parameter_names = ()

    def forward(self, x: ArrayLike) -> Array:
        """Return 1 / (1 + exp(-x))."""
        x = floating(self, x)
        positive = x.real >= 0
        e = np.exp(np.where(positive, -x, x))
        y = np.divide(np.where(positive, 1, e), 1 + e, out=self._empty("y", x.shape, x.dtype))
        self._save(y)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g y (1 - y)."""
        (y,) = self._saved()
        g = output_gradient(self, grad_output, y.shape, y.dtype)
        return np.multiply(g, y * (1 - y), out=self._empty("grad_input", y.shape, y.dtype))


class Tanh(Module):
    """y = tanh x.

    Shapes: any; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = g (1 - y^2).
    """

    parameter_names = ()

    def forward(self, x: ArrayLike) -> Array:
        """Return tanh x."""
        x = floating(self, x)
        y = np.tanh(x, out=self._empty("y", x.shape, x.dtype))
        self._save(y)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g (1 - y^2)."""
        (y,) = self._saved()
        g = output_gradient(self, grad_output, y.shape, y.dtype)
        return np.multiply(g, 1 - y * y, out=self._empty("grad_input", y.shape, y.dtype))
