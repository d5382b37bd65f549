"""Maxout: the largest of a few linear functions."""

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ShapeError
from ..checks import floating, output_gradient
from ..module import Array, Module
from ..options import whole, with_options


class MaxOut(Module):
    """y[n, j] = max of x[n, j k], ..., x[n, j k + k - 1], k = num_pieces: neighbours compete.

    After Linear(in, k out) it is the largest of k linear functions, a convex function of the
    layer's input with its own learned shape.

    Shapes: x (N, k C, ...), y (N, C, ...).

    Backward, with g = dL/dy: each g goes to the piece that was largest, the first one on a tie;
    the other pieces get 0.

    Raises
    ------
    ArgumentError
        For num_pieces below 1.
    ShapeError
        For an input whose second axis is not a multiple of num_pieces.

    Reference: Goodfellow et al. 2013, "Maxout networks".
    """

    parameter_names = ()

    def __init__(self, num_pieces: int = 2) -> None:
        self.num_pieces = whole(self, "num_pieces", num_pieces, 1)

    def forward(self, x: ArrayLike) -> Array:
        """Return the largest of each group."""
        x = floating(self, x)
        if x.ndim < 2 or x.shape[1] % self.num_pieces:
            raise ShapeError(
                f"{self!r}: expected (N, a multiple of {self.num_pieces}, ...), got shape {x.shape}"
            )
        n, kc, *rest = x.shape
        pieces = x.reshape(n, kc // self.num_pieces, self.num_pieces, *rest)  # (N, C, k, ...)
        winners = pieces.real.argmax(axis=2)[:, :, np.newaxis]  # (N, C, 1, ...)
        self._save(winners, x.shape, x.dtype)
        return np.take_along_axis(pieces, winners, axis=2)[:, :, 0]  # (N, C, ...)

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx: g where x won, 0 elsewhere."""
        winners, shape, dtype = self._saved()
        g = output_gradient(self, grad_output, winners[:, :, 0].shape, dtype)
        grad_pieces = np.zeros((*g.shape[:2], self.num_pieces, *g.shape[2:]), dtype)
        np.put_along_axis(grad_pieces, winners, g[:, :, np.newaxis], axis=2)
        return grad_pieces.reshape(shape)

    def __repr__(self) -> str:
        return with_options(self)
