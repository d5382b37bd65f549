"""What all functions of one number share."""

import numpy as np
from numpy.typing import ArrayLike

from ..checks import floating, output_gradient
from ..module import Array, Module
from ..options import with_options


class Elementwise(Module):
    """y = f(x), for every element alone.

    Shapes: any; y has the shape of x.

    Backward, with g = dL/dy: dL/dx = g f'(x).

    A subclass defines f as `_value(x, out)` and f' as `_slope(v, out)`, where v is y, or x if
    `slope_from` is "x". Both may write into `out`, an array of the shape of x, and return what
    they computed. For complex x, as a complex-step derivative feeds it, decisions look at the
    real part and the rest is analytic.
    """

    parameter_names = ()
    slope_from = "y"

    def forward(self, x: ArrayLike) -> Array:
        """Return f(x)."""
        x = floating(self, x)
        y = self._value(x, self._empty_like("y", x))
        self._save(x if self.slope_from == "x" else y)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g f'(x)."""
        (v,) = self._saved()
        g = output_gradient(self, grad_output, v.shape, v.dtype)
        grad_input = self._empty_like("grad_input", v)
        return np.multiply(g, self._slope(v, grad_input), out=grad_input)

    def _value(self, x: Array, out: Array) -> Array:
        """Return f(x)."""
        raise NotImplementedError(f"{type(self).__name__} does not define _value(x, out)")

    def _slope(self, v: Array, out: Array) -> Array:
        """Return f'(x)."""
        raise NotImplementedError(f"{type(self).__name__} does not define _slope(v, out)")

    def __repr__(self) -> str:
        return with_options(self)
