"""Modules that only change the shape."""

from math import prod

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ShapeError
from ..checks import floating, output_gradient
from ..module import Array, Module
from ..options import whole, with_options


class Flatten(Module):
    """y = x with the axes start_dim to end_dim made one, such as (N, C, H, W) -> (N, C H W).

    Shapes: any with these axes; the numbers stay in their order, the last axis fastest.

    Backward, with g = dL/dy: dL/dx = g in the shape of x.

    Raises
    ------
    ShapeError
        For an input that has not these axes, in this order.
    """

    parameter_names = ()

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = whole(self, "start_dim", start_dim)
        self.end_dim = whole(self, "end_dim", end_dim)

    def forward(self, x: ArrayLike) -> Array:
        """Return x in its new shape."""
        x = floating(self, x)
        axes = range(x.ndim)
        try:
            start, end = axes[self.start_dim], axes[self.end_dim]
        except IndexError:
            start, end = 1, 0
        if start > end:
            raise ShapeError(
                f"{self!r}: input has no axes {self.start_dim} to {self.end_dim} "
                f"(got shape {x.shape})"
            )
        size = prod(x.shape[start : end + 1])
        y = x.reshape(*x.shape[:start], size, *x.shape[end + 1 :])
        self._save(x.shape, y.shape, x.dtype, x.ndim == 4 and not x.flags.c_contiguous)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g in the shape of x."""
        x_shape, y_shape, dtype, channels_last = self._saved()
        g = output_gradient(self, grad_output, y_shape, dtype).reshape(x_shape)
        if not channels_last:
            return g
        n, c, h, w = x_shape  # what comes next reads the layout that it wrote
        grad_input = self._empty("grad_input", (n, h, w, c), dtype).transpose(0, 3, 1, 2)
        np.copyto(grad_input, g)
        return grad_input

    def __repr__(self) -> str:
        return with_options(self)
